"""What the console's first page says of backups."""

from ops.backup import records
from tests.console import Console
from tests.factories import Person
from tests.ops.backup.filled import run
from tests.ops.backup.test_drill import spoil


def test_the_first_page_lists_the_latest_with_how_they_ended(console: Console, person: Person) -> None:
    run("backup")
    spoil(person)
    run("backup")
    run("restore_drill")

    page = console.get("/admin/")

    table = page.table("Latest backups, drills and restores")
    made = records.every()
    assert [row[1:3] for row in table] == [
        *(["drill", "failed: DrillFailedError"], ["backup", "well"], ["backup", "well"])
    ]
    assert [row[3] for row in table[1:]] == [str(each["documents"]) for each in made[1:]]


def test_without_any_it_says_so(console: Console) -> None:
    assert console.get("/admin/").table("Latest backups, drills and restores") == []
