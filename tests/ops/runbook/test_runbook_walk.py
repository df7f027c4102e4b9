"""A walk along steps: what is run, what is not, and what is kept of it."""

import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from ops.doctor.whereabouts import Whereabouts
from ops.runbook import running, walking
from ops.runbook.pages import Kind, Step
from ops.runbook.running import Transcript
from ops.runbook.walking import Ask

Make = Callable[..., Step]
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


@pytest.fixture
def transcript(where: Whereabouts) -> Iterator[Transcript]:
    made = Transcript(where.var, 1, NOW)
    yield made
    made.close()


def saying(*answers: str) -> Ask:
    """Answer one after the other, then hang up."""
    left = iter(answers)

    def ask(_question: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask


def shown_of(step: Step, where: Whereabouts) -> str:
    out = StringIO()
    walking.by_itself([step], where, out, None)
    return out.getvalue()


def test_a_step_is_shown_with_what_it_would_do(where: Whereabouts, step: Make) -> None:
    shown = shown_of(step("date --utc", Kind.CHANGE, "manage.py doctor"), where)

    assert shown.splitlines()[:3] == [
        f"{'R001 It is well':<72}  change",
        "    date --utc",
        "            Healthy: all.",
    ]
    assert "  danger    breaks what it changes" in shown
    assert "  instead   manage.py doctor" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_without_a_transcript_nothing_is_run(where: Whereabouts, step: Make, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    walked = walking.by_itself([step(f"touch {mark}")], where, StringIO(), None)

    assert [each.ran for each in walked] == [None]
    assert not mark.exists()


def test_by_itself_only_what_looks_is_run_or_its_twin(
    where: Whereabouts, step: Make, transcript: Transcript, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    steps = [
        step("echo as printed", instead="echo the twin", name="R001"),
        step("no-such-tool", instead="echo the twin", name="R002"),
        step("no-such-tool", name="R003"),
        step(f"touch {mark}", Kind.CHANGE, f"touch {mark}", name="R004"),
        step(f"touch {mark}", Kind.ENDLESS, f"touch {mark}", name="R005"),
        step(f"touch {mark}", Kind.PLACEHOLDER, f"touch {mark}", name="R006"),
        step("echo as printed", name="R007"),
    ]
    out = StringIO()

    walked = walking.by_itself(steps, where, out, transcript)

    assert [each.ran and each.ran.output for each in walked] == [
        *("as printed\n", "the twin\n", None),
        *(None, None, None, "as printed\n"),
    ]
    assert not mark.exists()
    assert "Not run: no-such-tool is not installed here." in out.getvalue()
    assert out.getvalue().count("(exit status 0)") == 2
    assert out.getvalue().endswith("$ echo as printed\n(as above)\n\n")


@pytest.mark.parametrize(
    ("answers", "is_run"),
    [
        (["yes R001"], True),
        ([" yes   R001 "], True),
        (["run"], False),
        (["r", "y", "yes", "", "yes R002", "yes r001", "R001"], False),
        (["skip"], False),
        (["quit"], False),
    ],
)
def test_what_changes_something_needs_its_id_in_full(
    where: Whereabouts, step: Make, transcript: Transcript, answers: list[str], *, is_run: bool
) -> None:
    mark = where.var.with_name("mark")
    change = step(f"touch {mark}", Kind.CHANGE, "echo the twin")

    walking.with_a_person([change], where, StringIO(), transcript, saying(*answers))

    assert mark.exists() is is_run


def test_the_twin_of_what_changes_something_needs_the_id_too(
    where: Whereabouts, step: Make, transcript: Transcript, tmp_path: Path
) -> None:
    mark, other = tmp_path / "mark", tmp_path / "other"
    change = step(f"touch {mark}", Kind.CHANGE, f"touch {other}")

    walking.with_a_person([change], where, StringIO(), transcript, saying("twin"))
    assert not other.exists()
    walking.with_a_person([change], where, StringIO(), transcript, saying("twin R001"))

    assert (mark.exists(), other.exists()) == (False, True)


@pytest.mark.parametrize("kind", [Kind.ENDLESS, Kind.PLACEHOLDER])
def test_what_has_no_end_or_is_a_placeholder_is_never_run_as_printed(
    where: Whereabouts, step: Make, transcript: Transcript, tmp_path: Path, kind: Kind
) -> None:
    mark = tmp_path / "mark"
    told = [step(f"touch {mark}", kind, "echo the twin")]
    out = StringIO()

    walking.with_a_person(told, where, out, transcript, saying("run", "yes R001", "twin"))

    assert not mark.exists()
    assert "the twin\n(exit status 0)" in out.getvalue()


def test_whoever_has_enough_sees_no_further_step(
    where: Whereabouts, step: Make, transcript: Transcript
) -> None:
    steps = [step("echo one", name="R001"), step("echo two", name="R002"), step("echo three", name="R003")]

    walked = walking.with_a_person(steps, where, StringIO(), transcript, saying("run", "s"))

    assert [(each.step.ids, each.ran and each.ran.output) for each in walked] == [
        (("R001",), "one\n"),
        (("R002",), None),
    ]


def test_a_step_that_cannot_be_run_here_is_not_offered(
    where: Whereabouts, step: Make, transcript: Transcript
) -> None:
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        return "quit"

    walking.with_a_person([step("no-such-tool", instead="date")], where, StringIO(), transcript, ask)

    assert asked == ["twin, skip, quit? "]


def test_the_transcript_is_its_owners_alone_and_holds_no_secret(
    where: Whereabouts, step: Make, transcript: Transcript
) -> None:
    line = "printf 'requirepass\\nHush-7\\nann@example.com redis://:Hush-8@localhost\\n'; false"

    walking.by_itself([step(line)], where, StringIO(), transcript)

    kept = transcript.path.read_text()
    assert transcript.path.parent == where.var / "runbook"
    assert stat.S_IMODE(transcript.path.stat().st_mode) == 0o600
    assert "requirepass\n…\n" in kept
    assert "(exit status 1)" in kept
    output = kept.partition("\n")[2]
    assert [secret for secret in ("Hush-7", "Hush-8", "ann@") if secret in output] == []


def test_where_we_may_not_write_the_transcript_is_made_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")

    made = Transcript(tmp_path / "file", 1, NOW)
    made.note(NOW, "something")
    made.close()

    assert made.path.read_text() == "2026-11-26 09:30:00 UTC  something\n\n"
    assert tmp_path not in made.path.parents
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700


def test_a_line_that_takes_too_long_is_ended_with_all_it_has_started(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"

    ran = running.run(f"echo begun; mkfifo {fifo}; (cat {fifo}; echo never) | cat", seconds=0.5)

    assert (ran.output, ran.is_late) == ("begun\n", True)
    assert ran.status != 0


def test_for_programs_it_is_told_without_secrets(
    where: Whereabouts, step: Make, transcript: Transcript
) -> None:
    walked = walking.by_itself([step("echo ann@example.com")], where, StringIO(), transcript)

    (told,) = walking.document(walked)

    assert (told["ids"], told["kind"], told["obstacle"]) == (["R001"], "look", None)
    assert (told["ran"]["status"], told["ran"]["output"]) == (0, "…@…\n")
