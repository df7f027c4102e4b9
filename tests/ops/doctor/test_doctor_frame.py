"""The frame of doctor: who is waited for, what explains what, and how it is said."""

import io
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from ops import embedded
from ops.doctor import registry, report, runner, whereabouts
from ops.doctor.check import Check, Examination, Finding, Result, explained, worst
from ops.doctor.whereabouts import Whereabouts

HERE = Whereabouts("test", Path("/nowhere"), None, None, None)


class Terminal(io.StringIO):
    """A stream with a person before it."""

    def isatty(self) -> bool:
        """Claim to be one."""
        return True


class BrokenError(Exception):
    """Settings that cannot be read."""

    faults = ("PORT is not right",)


def check(name: str, look: Callable[[Whereabouts], Finding], *rests_on: str, seconds: float = 2.0) -> Check:
    return Check(name, 1, f"{name} is well", look, seconds, rests_on)


def finding(result: Result) -> Callable[[Whereabouts], Finding]:
    return lambda _: Finding(result, ("seen",), "because", "do this")


def examined(*checks: Check) -> list[Examination]:
    return runner.run(checks, HERE)


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


def test_the_worst_comes_first_and_a_cause_before_its_symptoms() -> None:
    found = explained(
        (each, each.look(HERE))
        for each in (
            check("fine", finding(Result.OK)),
            check("slow", finding(Result.DEGRADED)),
            check("unseen", finding(Result.COULD_NOT_LOOK)),
            check("symptom", finding(Result.COULD_NOT_LOOK), "fine", "slow", "unseen", "dead"),
            check("dead", finding(Result.FAILED)),
            check("own fault", finding(Result.FAILED), "dead"),
        )
    )

    assert [(each.check.name, each.explained_by) for each in found] == [
        ("dead", ()),
        ("own fault", ()),
        ("slow", ()),
        ("unseen", ()),
        ("symptom", ("unseen", "dead")),
        ("fine", ()),
    ]


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
        check("symptom", finding(Result.COULD_NOT_LOOK), "dead"),
        check("fine", finding(Result.OK)),
    )

    assert report.text(found, report.Pen(io.StringIO())) == (
        "doctor: 1 failed, 1 could not look, 1 ok\n"
        "\n"
        "FAILED  dead: dead is well                                     runbook section 1\n"
        "  evidence  seen\n"
        "  cause     because\n"
        "  remedy    do this\n"
        "\n"
        "COULD NOT LOOK  symptom: symptom is well                       runbook section 1\n"
        "  evidence  seen\n"
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
    ],
    ids=["its name is taken", "it rests on nothing", "it takes too long"],
)
def test_a_check_that_would_break_the_promise_is_not_entered(unfit: Check) -> None:
    before = registry.checks()

    with pytest.raises(ValueError, match=r"mongo|mine"):
        registry.register(unfit)

    assert registry.checks() == before


def test_without_settings_the_process_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("SBD_MODE=demo\nPORT=8001\nREDIS_URL=redis://cache/0\nMONGODB_URI=\n")
    monkeypatch.setenv("SBD_MODE", "production")
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("mongodb_uri", "mongodb://db/")
    monkeypatch.delenv("MONGODB_URI")
    monkeypatch.delenv("PORT", raising=False)

    where = whereabouts.from_environment(BrokenError(), env_file=env_file)

    assert (where.production, where.web_port) == (True, 8001)
    assert where.redis == "redis://cache/0"
    assert where.mongodb == "mongodb://db/"
    assert (where.origins["PORT"], where.origins["SBD_MODE"]) == (whereabouts.FILE, whereabouts.SHELL)


# What every check says of a production without settings, and what explains it.
ALL_UNSEEN = [
    ("settings", "failed", ()),
    ("port", "could_not_look", ("settings",)),
    ("mongo", "could_not_look", ("settings",)),
    ("redis", "could_not_look", ("settings",)),
    ("clock", "could_not_look", ("settings", "mongo", "redis")),
    ("schema", "could_not_look", ("settings", "mongo")),
    ("maintenance", "could_not_look", ("settings", "mongo")),
    ("smtp", "could_not_look", ("settings",)),
    ("outbox", "could_not_look", ("settings", "mongo")),
    ("worker", "could_not_look", ("settings", "mongo")),
    ("beat", "could_not_look", ("settings", "mongo")),
    ("queue", "could_not_look", ("redis",)),
    ("cache", "could_not_look", ("settings", "redis")),
    ("audit", "could_not_look", ("settings", "mongo")),
    ("limits", "could_not_look", ("settings", "mongo", "redis")),
    ("profiler", "could_not_look", ("settings", "mongo")),
    ("access", "could_not_look", ("settings", "mongo")),
    ("backup", "could_not_look", ("settings", "mongo")),
    ("metrics", "could_not_look", ("settings",)),
    ("ledger", "could_not_look", ("settings", "mongo")),
    ("requests", "could_not_look", ("settings", "mongo")),
    ("merchant", "could_not_look", ("settings", "mongo")),
    ("jwt", "could_not_look", ("settings", "mongo")),
    ("two_factor", "could_not_look", ("settings", "mongo")),
    ("auth", "could_not_look", ("settings", "mongo")),
    ("external", "could_not_look", ("settings",)),
    ("invitations", "could_not_look", ("settings", "mongo")),
    ("recoveries", "could_not_look", ("settings", "mongo")),
    ("allowances", "could_not_look", ("settings", "mongo")),
]


def test_without_settings_and_addresses_production_looks_at_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MONGODB_URI", "REDIS_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SBD_MODE", "production")
    monkeypatch.setenv("PORT", "none")

    where = whereabouts.from_environment(BrokenError(), env_file=tmp_path / ".env")
    found = runner.run(registry.checks(), where)

    assert [(each.check.name, each.finding.result, each.explained_by) for each in found] == ALL_UNSEEN
    assert found[0].finding.remedy == "sudo systemctl show sbd-api --property=EnvironmentFiles"


def test_without_settings_the_demos_own_servers_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = embedded.running(settings.VAR_DIR)
    assert running is not None
    for name in ("MONGODB_URI", "REDIS_URL"):
        monkeypatch.delenv(name)

    where = whereabouts.from_environment(BrokenError(), env_file=tmp_path / ".env")

    assert where.mongodb == str(running.mongodb_uri)
    assert where.redis == str(running.redis_url)
