"""The frame of doctor: who is waited for, what explains what, and how it is said."""

import io
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ops.doctor import registry, report, runner
from ops.doctor.check import Check, Examination, Finding, Result, worst
from ops.doctor.machine import Machine
from ops.doctor.whereabouts import Whereabouts

HERE = Whereabouts("test", Path("/nowhere"), None, None, None)


class Terminal(io.StringIO):
    """A stream with a person before it."""

    def isatty(self) -> bool:
        """Claim to be one."""
        return True


def check(name: str, look: Callable[[Whereabouts], Finding], *rests_on: str, seconds: float = 2.0) -> Check:
    return Check(name, 1, f"{name} is well", look, seconds, rests_on)


def finding(result: Result, *due_to: str) -> Callable[[Whereabouts], Finding]:
    return lambda _: Finding(result, ("seen",), "because", "do this", due_to)


# A kernel that tells nothing, so that nobody gets more time.
QUIET = Machine(proc=Path("/nowhere"))


def examined(*checks: Check, machine: Machine = QUIET) -> list[Examination]:
    return runner.run(checks, HERE, machine)


def test_a_check_that_hangs_keeps_nobody() -> None:
    never = threading.Event()

    def hang(_: Whereabouts) -> Finding:
        never.wait()
        return Finding(Result.OK, ())

    found = examined(check("hangs", hang, seconds=0.05), check("well", finding(Result.OK)))
    never.set()

    assert [(each.check.name, each.finding.result) for each in found] == [
        ("hangs", Result.COULD_NOT_LOOK),
        ("well", Result.OK),
    ]
    assert found[0].finding.evidence == ("no answer within 0.05 s",)


def test_where_many_wait_for_a_processor_a_check_gets_more_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "cpu").write_text("some avg10=50.00 avg60=1.00 avg300=1.00 total=1\n")
    monkeypatch.setattr(runner, "GRACE_SECONDS", 30.0)
    late = threading.Event()

    def slow(_: Whereabouts) -> Finding:
        late.wait(0.2)
        return Finding(Result.OK, ("after all",))

    (found,) = examined(check("slow", slow, seconds=0.01), machine=Machine(proc=tmp_path))

    assert found.finding.evidence == ("after all",)


def test_a_check_that_is_late_there_is_a_symptom_of_the_crowd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "cpu").write_text("some avg10=99.99 avg60=1.00 avg300=1.00 total=1\n")
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.05)
    never = threading.Event()

    def hang(_: Whereabouts) -> Finding:
        never.wait()
        return Finding(Result.OK, ())

    crowd = check("saturation", finding(Result.DEGRADED))
    *_, found = examined(crowd, check("hangs", hang, seconds=0.01), machine=Machine(proc=tmp_path))
    never.set()

    assert (found.check.name, found.explained_by) == ("hangs", ("saturation",))


@pytest.mark.parametrize("error", [ValueError("mongodb://user:password@host"), TimeoutError("password")])
def test_a_check_that_breaks_is_told_by_the_kind_of_its_error_alone(error: Exception) -> None:
    def broken(_: Whereabouts) -> Finding:
        raise error

    (found,) = examined(check("broken", broken))

    assert found.finding.result == Result.COULD_NOT_LOOK
    assert found.finding.evidence == (f"the check itself broke: {type(error).__name__}",)


def test_all_checks_run_at_once() -> None:
    both = threading.Barrier(2)

    def meet(_: Whereabouts) -> Finding:
        both.wait(1.0)
        return Finding(Result.OK, ())

    found = examined(check("one", meet), check("other", meet))

    assert [each.finding.result for each in found] == [Result.OK, Result.OK]


def test_the_worst_comes_first_and_its_symptoms_beneath_it() -> None:
    found = examined(
        check("fine", finding(Result.OK)),
        check("unseen", finding(Result.COULD_NOT_LOOK)),
        check("slow", finding(Result.DEGRADED)),
        check("dead", finding(Result.FAILED)),
        check("symptom", finding(Result.COULD_NOT_LOOK), "fine", "slow", "dead"),
        check("own fault", finding(Result.FAILED), "dead"),
        check("late", finding(Result.FAILED, "fine", "slow")),
        check("later", finding(Result.DEGRADED, "late")),
    )

    assert [(each.check.name, each.explained_by) for each in found] == [
        ("dead", ()),
        ("symptom", ("dead",)),
        ("own fault", ()),
        ("slow", ()),
        ("late", ("slow",)),
        ("later", ("late",)),
        ("unseen", ()),
        ("fine", ()),
    ]


def test_what_is_well_is_nobodys_symptom_and_what_comes_later_explains_nothing() -> None:
    found = examined(
        check("before", finding(Result.FAILED, "after")),
        check("well", finding(Result.OK, "before")),
        check("after", finding(Result.DEGRADED, "before")),
        check("alone", finding(Result.DEGRADED, "not run")),
        check("unseen", finding(Result.COULD_NOT_LOOK)),
        check("seen", finding(Result.DEGRADED, "unseen")),
        check("unseen as well", finding(Result.COULD_NOT_LOOK, "unseen")),
    )

    assert {each.check.name: each.explained_by for each in found} == {
        "before": (),
        "well": (),
        "after": ("before",),
        "alone": (),
        "unseen": (),
        "seen": (),
        "unseen as well": ("unseen",),
    }


@pytest.mark.parametrize(
    ("results", "whole", "status"),
    [
        ([], Result.OK, 0),
        ([Result.OK, Result.OK], Result.OK, 0),
        ([Result.OK, Result.DEGRADED], Result.DEGRADED, 1),
        ([Result.COULD_NOT_LOOK, Result.OK], Result.DEGRADED, 1),
        ([Result.FAILED, Result.DEGRADED], Result.FAILED, 2),
    ],
)
def test_the_whole_is_as_bad_as_its_worst_part(results: list[Result], whole: Result, status: int) -> None:
    found = examined(*(check(str(number), finding(each)) for number, each in enumerate(results)))

    assert (worst(found), worst(found).severity) == (whole, status)


def test_the_report_says_what_to_do_where_the_cause_stands() -> None:
    found = examined(
        check("dead", finding(Result.FAILED)),
        check("late", finding(Result.DEGRADED, "dead")),
        check("symptom", finding(Result.COULD_NOT_LOOK), "dead"),
        check("another", finding(Result.COULD_NOT_LOOK), "dead"),
        check("fine", finding(Result.OK)),
    )

    assert report.text(found, report.Pen(io.StringIO())) == (
        "doctor: 1 failed, 1 degraded, 2 could not look, 1 ok\n"
        "\n"
        "FAILED  dead: dead is well                                     runbook section 1\n"
        "  evidence  seen\n"
        "  cause     because\n"
        "  remedy    do this\n"
        "\n"
        "DEGRADED  late: late is well                                   runbook section 1\n"
        "  evidence  seen\n"
        "  cause     dead, see above\n"
        "\n"
        "COULD NOT LOOK\n"
        "  checks    symptom, another\n"
        "  cause     dead, see above\n"
        "\n"
        "OK  fine: seen\n"
    )


def test_no_line_is_longer_than_80_columns_whatever_is_said() -> None:
    long = Finding(Result.FAILED, ("x" * 200, "many words " * 30), "because " * 30, "command --option " * 20)
    found = examined(check("a" * 60, lambda _: long), check("b", lambda _: Finding(Result.OK, ("y" * 200,))))

    lines = report.text(found, report.Pen(io.StringIO())).splitlines()

    assert max(len(line) for line in lines) == 80


def test_a_command_of_two_lines_is_one_to_a_shell() -> None:
    names = " ".join(f"A_RATHER_LONG_NAME_{number}" for number in range(5))
    found = examined(check("dead", lambda _: Finding(Result.FAILED, (), None, f"unset {names}")))

    *_, first, last = report.text(found, report.Pen(io.StringIO())).splitlines()

    assert first == "  remedy    unset A_RATHER_LONG_NAME_0 A_RATHER_LONG_NAME_1 \\"
    assert last == "            A_RATHER_LONG_NAME_2 A_RATHER_LONG_NAME_3 A_RATHER_LONG_NAME_4"


def test_colours_are_for_a_terminal_and_for_those_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examined(check("dead", finding(Result.FAILED)))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    assert "\033[1;31mFAILED\033[0m" in report.text(found, report.Pen(Terminal()))
    assert "\033" not in report.text(found, report.Pen(io.StringIO()))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033" not in report.text(found, report.Pen(Terminal()))


def test_a_program_reads_the_same_in_one_document() -> None:
    found = examined(
        check("symptom's cause", finding(Result.FAILED)),
        check("symptom", finding(Result.COULD_NOT_LOOK), "symptom's cause"),
    )

    document = json.loads(report.document(found))

    assert document["result"] == "failed"
    assert document["findings"][1] == {
        "name": "symptom",
        "section": 1,
        "title": "symptom is well",
        "result": "could_not_look",
        "evidence": ["seen"],
        "cause": "because",
        "remedy": "do this",
        "explained_by": ["symptom's cause"],
    }


@pytest.mark.parametrize(
    "unfit",
    [
        check("mongo", finding(Result.OK)),
        check("mine", finding(Result.OK), "unheard-of"),
        check("mine", finding(Result.OK), seconds=registry.MOST_SECONDS + 0.1),
        replace(check("mine", finding(Result.OK), seconds=registry.MOST_DEEP_SECONDS + 1), deep=True),
    ],
    ids=["its name is taken", "it rests on nothing", "it takes too long", "it is too deep"],
)
def test_a_check_that_would_break_the_promise_is_not_entered(unfit: Check) -> None:
    before = registry.checks()

    with pytest.raises(ValueError, match=r"mongo|mine"):
        registry.register(unfit)

    assert registry.checks() == before
