"""How things stand: each source is asked by itself."""

import threading
from pathlib import Path

import pytest

from ops.metrics import sources
from ops.metrics.sources import Asker, Figure, Found, Source
from tests import commands
from tests.factories import Person, new_family, new_invitation
from tests.ops.metrics.counting import shown, value
from tests.waiting import until

WELL = Source("well", [Figure("families_seen", "A figure.")], lambda: {"families_seen": 3})


class Moody:
    """Answers, or does not."""

    def __init__(self) -> None:
        """Begin well."""
        self.is_well = True

    def __call__(self) -> dict[str, Found]:
        """Answer."""
        if not self.is_well:
            raise OSError
        return {"moods": {"good": 1.0}}


def test_a_source_that_fails_is_counted_and_its_figures_go_and_those_of_others_stay(tmp_path: Path) -> None:
    moody = Moody()
    source = Source("moody", [Figure("moods", "A figure.", ("mood",))], moody)
    before = shown(tmp_path, WELL, source)
    moody.is_well = False
    after = shown(tmp_path, WELL, source)

    assert value(before, "moods", mood="good") == 1
    assert value(before, "metrics_collection_errors_total", source="moody") == 0
    assert value(after, "moods", mood="good") is None
    assert value(after, "metrics_collection_errors_total", source="moody") == 1
    assert value(before, "families_seen") == value(after, "families_seen") == 3


def test_a_source_that_hangs_is_counted_once_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, was_asked = threading.Event(), threading.Event()

    def hang() -> dict[str, Found]:
        was_asked.set()
        goes_on.wait()
        return {}

    source = Source("slow", [], hang)
    asker = Asker([source, WELL])
    monkeypatch.setattr(sources, "HANGS_SECONDS", 0.0)
    asker.start()
    try:
        assert was_asked.wait(60)
        assert until(lambda: asker.found(WELL) == {"families_seen": 3})
        assert until(lambda: asker.failures(source) == 1)
        assert asker.failures(source) == 1
    finally:
        asker.stop()
        goes_on.set()


def test_what_was_found_too_long_ago_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker([WELL])
    asker.ask(WELL)
    assert asker.found(WELL) == {"families_seen": 3}

    monkeypatch.setattr(sources, "SHOWN_SECONDS", -1.0)

    assert asker.found(WELL) == {}


def test_a_name_stands_for_one_source() -> None:
    with pytest.raises(ValueError, match="there is a source ledger already"):
        sources.register(Source("ledger", [], dict))


@pytest.mark.parametrize("source", sources.sources(), ids=lambda source: source.name)
def test_every_source_answers_by_its_indexes_and_tells_what_it_declares(source: Source) -> None:
    with commands.watched():  # the watch looks at each query
        found = source.ask()

    assert found.keys() == {figure.name for figure in source.figures}
    names = [figure.name for each in sources.sources() for figure in each.figures]
    assert len(names) == len(set(names))


def test_invitations_and_documents_are_counted(person: Person, tmp_path: Path) -> None:
    family = new_family(person)["_id"]
    new_invitation(family, person, "omar@example.com")
    asked = [each for each in sources.sources() if each.name in {"invitations", "documents", "build"}]

    found = shown(tmp_path, *asked)

    assert value(found, "invitations_open") == 1
    assert value(found, "invitations_overdue") == 0
    assert value(found, "collection_documents", collection="families") == 1
    (built,) = [labels for name, labels in found if name == "build_info"]
    assert [name for name, _ in built] == ["commit", "version"]
