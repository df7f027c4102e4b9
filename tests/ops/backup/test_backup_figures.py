"""What Prometheus is told of backups."""

from ops.backup import records
from ops.backup.figures import BACKUP, DRILL
from ops.metrics.sources import sources
from tests.factories import Person
from tests.ops.backup.filled import run
from tests.ops.backup.test_drill import spoil


def told() -> dict[str, object]:
    (source,) = (each for each in sources() if each.name == "backups")
    return dict(source.ask())


def test_without_any_there_is_no_figure() -> None:
    assert told() == {BACKUP.name: None, DRILL.name: None}


def test_the_times_are_of_the_last_that_went_well(person: Person) -> None:
    run("backup")
    run("restore_drill")
    drill, made = records.every()
    spoil(person)
    run("backup")
    run("restore_drill")

    assert told() == {
        BACKUP.name: records.every()[1]["ended_at"].timestamp(),
        DRILL.name: drill["ended_at"].timestamp(),
    }
    assert records.every()[1]["ended_at"] > made["ended_at"]
