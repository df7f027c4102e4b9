"""``manage.py limits``: what the runbook's lines do, done safely and without a sign-in."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ops import clock
from ops.limits.table import LIMITS
from ops.mongo.breaker import breaker
from ops.redis import store
from tests.database import audit, documents
from tests.factories import Person, new_override
from tests.ops.limits.overridden import CREATE, counted, counters_left, hash_, holds
from tests.waiting import until

SET = ("set", "/family/create", "--limit", "7", "--window", "120", "--reason", "a school signs up")


def run(*words: str) -> str:
    out = StringIO()
    call_command("limits", *words, stdout=out)
    return out.getvalue()


def refusal(*words: str) -> tuple[int, str]:
    """Return exit status and words of a command that does not end well."""
    with pytest.raises(CommandError) as refused:
        run(*words)
    return refused.value.returncode, str(refused.value)


def line(text: str, operation: str) -> list[str]:
    """Return the words of an operation's line."""
    (found,) = [each for each in text.splitlines() if each.startswith(f"{operation} ")]
    return found.split()


def test_show_prints_the_table_in_eighty_columns() -> None:
    text = run("show")

    assert text.startswith("operation              limit  window key     override, in force until\n")
    assert line(text, "login") == ["login", "10", "15", "min", "address"]
    assert line(text, "token_request") == ["token_request", "10", "1", "d", "user"]
    assert [each.split()[0] for each in text.splitlines()[1:]] == list(LIMITS)
    assert max(map(len, text.splitlines())) <= 80


def test_show_prints_what_holds_instead_by_whom_and_why() -> None:
    made = new_override("POST /family/create", 1_000_000, 86_399)

    text = run("show")

    assert line(text, CREATE)[:5] == [CREATE, "5", "1", "h", "user"]
    assert f"1000000 / 86399 s {made.until:%Y-%m-%d %H:%MZ}" in text
    assert f"{CREATE}: set as POST /family/create by system:tests: for a test" in text
    assert max(map(len, text.splitlines())) <= 80


def test_show_prints_a_user_s_counters(person: Person) -> None:
    counted(f"rate_limit:user:{person.id}:family_create:1900000000", count=4)
    counted(f"rate_limit:user:{person.id}:login:1900000000", count=2, ttl=None)

    text = run("show", "--user", person.id).partition("\n\n")[2]

    assert line(text, "family_create") == ["family_create", "4", "5", "2030-03-17", "17:46:40Z"]
    assert line(text, "login") == ["login", "2", "10", *["2030-03-17", "17:46:40Z,", "kept", "for", "ever"]]
    assert run("show", "--user", "user_nobody").endswith("No counters.\n")


def test_set_overrides_for_a_time_and_the_shell_is_on_record() -> None:
    before = clock.now()
    told = run(*SET, "--for", "2h")

    (stored,) = documents("rate_limit_overrides")["rate_limit_overrides"]
    end = stored["until"].replace(tzinfo=before.tzinfo)
    assert timedelta(hours=2) <= end - before < timedelta(hours=2, minutes=1)
    assert told == f"{CREATE}: 7 / 2 min until {end:%Y-%m-%d %H:%M:%SZ}.\n"
    assert holds(CREATE, 7)
    (entry,) = audit("rate_limit.overridden")
    assert entry["actor"].startswith("shell:")
    assert entry["private"]["reason"] == "a school signs up"


def test_set_takes_a_moment_and_a_day_without_either() -> None:
    end = (clock.now() + timedelta(days=3)).replace(second=0, microsecond=0)
    assert f"until {end:%Y-%m-%d %H:%M:%SZ}" in run(*SET, "--until", f"{end:%Y-%m-%dT%H:%MZ}")

    before = clock.now()
    run(*SET)

    (stored,) = documents("rate_limit_overrides")["rate_limit_overrides"]
    assert timedelta(days=1) <= stored["until"].replace(tzinfo=before.tzinfo) - before < timedelta(days=1.01)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("set", "/nothing", *SET[2:]), "endpoint: There is no such operation and no such path"),
        (("set", "/family/fam_1", *SET[2:]), "`DELETE /family/{family_id}`"),
        ((*SET[:3], "0", *SET[4:]), "limit: From 1 to 1000000 is possible."),
        ((*SET, "--for", "31d"), "until: The end can be at most 30 days away."),
        ((*SET, "--until", "2020-01-01"), "until: The end must lie in the future."),
        ((*SET, "--for", "soon"), "how long: 30m, 24h or 7d"),
        (SET[:-2], "--reason"),
        ((*SET[:-1], "why"), "5 to 500 characters"),
        (("clear",), "is required"),
        (("clear", "nothing"), "endpoint: There is no such operation"),
        (("clear", "--all", "--user", "user_1"), "not allowed with"),
        (("clear", CREATE, "--scope", "login"), "--scope says something of counters only"),
        (("clear", "--all", "--scope", "other"), "invalid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(words: tuple[str, ...], told: str) -> None:
    status, said = refusal(*words)

    assert status == 1
    assert told in said
    assert documents("rate_limit_overrides", "audit_log") == {"rate_limit_overrides": [], "audit_log": []}


def test_clear_ends_an_override() -> None:
    new_override()

    assert (
        run("clear", "/family/create", "--reason", "no longer needed") == "The table's limit holds again.\n"
    )
    assert run("clear", "/family/create") == "There was no override.\n"
    (entry,) = audit("rate_limit.restored")
    assert entry["private"]["reason"] == "no longer needed"


def test_clear_lets_a_user_begin_anew(person: Person, stranger: Person) -> None:
    own, other = (f"rate_limit:user:{each.id}:{CREATE}:1900000000" for each in (person, stranger))
    counted(own, other)

    assert run("clear", "--user", person.id) == "1 counter cleared.\n"
    assert counters_left() == {other}


def test_clear_all_keeps_the_hash_and_the_counters_of_signing_in(person: Person) -> None:
    new_override()
    mirrored = hash_()
    signing_in = {
        "rate_limit:address:198.18.0.1:login:1900000000",
        "rate_limit:address:2001:db8::/64:register:1900000000",
        "rate_limit:session:ses_1:refresh:1900000000",
        "rate_limit:address:198.18.0.1:password_forgot:1900000000",
        "rate_limit:address:198.18.0.1:verify_resend:1900000000",
    }
    counted(*signing_in, f"rate_limit:user:{person.id}:{CREATE}:1900000000")
    store().set("session:ses_1", "kept")

    first = run("clear", "--all")
    left = counters_left()
    second = run("clear", "--all", "--scope", "login", "--reason", "a test of load")

    assert (first, second) == ("1 counter cleared.\n", "5 counters cleared.\n")
    assert (left, counters_left()) == (signing_in, set())
    assert (hash_(), store().get("session:ses_1")) == (mirrored, b"kept")
    assert [each["target"] for each in audit("rate_limit.counters_cleared")] == 2 * ["rate_limits"]
    assert run("clear", "--all") == "0 counters cleared.\n"


def test_remirror_does_at_once_what_the_job_does() -> None:
    new_override()
    mirrored = hash_()
    store().flushall()
    counted(f"rate_limit:user:user_1:{CREATE}:1900000000", ttl=None)

    first, second = run("remirror"), run("remirror")

    assert first == ("rate_limit_config differed, and was written anew. Counters that had no end: 1.\n")
    assert second == "rate_limit_config is as it must be. Counters that had no end: 0.\n"
    assert hash_() == mirrored


def test_without_redis_what_is_known_is_shown(hang: Callable[[], object], person: Person) -> None:
    new_override(most=7)
    hang()

    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("limits", "show", "--user", person.id, stdout=out)

    assert (refused.value.returncode, str(refused.value)) == (
        2,
        "Redis cannot be reached: what was counted is not known.",
    )
    assert "7 / 1 h" in out.getvalue()
    assert refusal("clear", "--user", person.id)[0] == 2
    assert refusal("remirror") == (2, "Redis cannot be reached.")


def test_without_mongodb_what_is_known_is_shown(monkeypatch: pytest.MonkeyPatch, person: Person) -> None:
    counted(f"rate_limit:user:{person.id}:{CREATE}:1900000000", count=4)
    monkeypatch.setattr("ops.mongo.breaker._fault_of_any_kind", lambda: "away")
    breaker.trip()

    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("limits", "show", "--user", person.id, stdout=out)
    setting = refusal(*SET)
    monkeypatch.undo()

    assert (refused.value.returncode, str(refused.value)) == (
        2,
        "MongoDB cannot be reached: which overrides are in force is not known.",
    )
    assert line(out.getvalue().partition("\n\n")[2], CREATE)[:3] == [CREATE, "4", "5"]
    assert setting == (2, "MongoDB cannot be reached; nothing was changed.")
    assert until(lambda: breaker.fault() is None)
