"""``manage.py doctor --fix``: a dry run that changes nothing, the deed with its note, and once is enough."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection as default_connection
from pymongo.errors import OperationFailure

from ops import clock
from ops.actors import Actor
from ops.doctor import fixing
from ops.doctor import registry as checks
from ops.doctor.fixes import registry
from ops.doctor.fixes.fix import Fix, Given, Lines
from ops.mongo import indexes
from ops.mongo.breaker import breaker
from ops.mongo.collections import collection, control_collection
from ops.profiling import switching
from tests import commands
from tests.database import audit, documents
from tests.ops.doctor.fixed import noted, typed

connection: Any = default_connection
ME = Actor.shell().id
NAMES = (
    *("endless_keys", "kill_op", "profiler_off", "remirror_limits", "create_indexes", "resend_mail"),
    *("expire_requests", "correct_balance", "expire_invitations"),
)
# They mend nothing that a check finds: somebody is in, and has to be stopped.
CONTAINING = ("read_only", "freeze_all", "end_all_sessions", "force_new_passwords")
DROPPED = "families.admin_user_ids_1"


@pytest.fixture
def _dropped() -> Iterator[None]:
    with commands.unwatched():
        connection.database["families"].drop_index("admin_user_ids_1")
        yield
        indexes.create_missing()


@pytest.fixture
def _profiler_off_again() -> Iterator[None]:
    yield
    connection.database.command({"profile": 0, "slowms": 100})
    connection.database["system.profile"].drop()
    control_collection("profiling").delete({})


def test_each_fix_has_a_name_of_the_runbook_and_mends_what_a_check_finds() -> None:
    assert {each.name for each in registry.fixes()} == {*NAMES, *CONTAINING}
    assert {each.name for each in registry.fixes(17)} == set(CONTAINING)
    assert {each.permission for each in registry.fixes(17)} == {"ops.respond_security"}
    named = {name for each in registry.fixes() for name in each.mends}
    assert named <= {each.name for each in checks.checks(deep=True)}
    assert [each.name for each in registry.fixes(5)] == ["kill_op", "profiler_off"]


def test_a_fix_of_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="kill_op"):
        registry.register(registry.fixes(5)[0])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"kill_op", "correct_balance"}])
def test_where_nothing_is_wrong_there_is_nothing_to_mend(name: str) -> None:
    before = documents()

    assert typed(name)[:2] == typed(name, apply=True)[:2] == (0, [])

    assert documents() == before


@pytest.mark.usefixtures("_dropped")
def test_a_dropped_index_is_made_as_it_is_declared() -> None:
    assert typed("create_indexes") == (1, [f"make the index {DROPPED}"], None)
    assert indexes.missing() == {"families": ["admin_user_ids_1"]}

    assert typed("create_indexes", apply=True, reason="it was slow") == (
        0,
        [f"made the index {DROPPED}"],
        None,
    )

    assert indexes.missing() == {}
    assert typed("create_indexes", apply=True) == (0, [], None)
    assert noted() == [("create_indexes", ME, "it was slow")]
    assert audit("doctor.mended")[0]["after"] == {"indexes": [DROPPED]}


@pytest.mark.usefixtures("_dropped")
def test_an_index_of_that_name_that_is_otherwise_is_made_anew() -> None:
    connection.database["families"].create_index({"admin_user_ids": 1}, sparse=True)

    assert typed("create_indexes").lines == [f"drop and make anew the index {DROPPED}"]
    typed("create_indexes", apply=True)

    assert indexes.missing() == {}


def test_an_index_that_documents_break_is_refused_and_none_of_their_values_is_told() -> None:
    twins = [{"_id": name, "username": "secret-twin", "email": name} for name in ("user_a", "user_b")]
    with commands.unwatched():
        connection.database["users"].drop_index("username_1")
        try:
            collection("users").insert(*twins)
            said = typed("create_indexes", apply=True)
        finally:
            collection("users").delete({})
            indexes.create_missing()

    assert (said.status, said.lines) == (1, [])
    assert said.refused is not None
    assert "users.username_1: DuplicateKey" in said.refused
    assert "secret-twin" not in said.refused


def test_before_migrations_no_index_is_made() -> None:
    migrations = connection.database["django_migrations"]
    with commands.unwatched():
        forgotten = migrations.find_one_and_delete({"app": "families"}, sort=[("name", -1)])
        said = typed("create_indexes", apply=True)
        migrations.insert_one(forgotten)

    assert said.refused == "Migrations are not applied: `manage.py migrate` makes the indexes as well."


@pytest.mark.usefixtures("_profiler_off_again")
def test_the_profiler_is_switched_off_and_its_end_told() -> None:
    connection.database.command({"profile": 2})

    said = typed("profiler_off")
    assert said.lines == ["switch the profiler off, which is on level 2, 100 ms, without an end"]
    assert switching.standing().level == 2

    done = typed("profiler_off", apply=True, reason="R056 was typed")

    assert switching.standing().level == 0
    assert done.lines == [
        "the profiler is off, which was on level 2; `manage.py profile show` has its records"
    ]
    assert noted() == [("profiler_off", ME, "R056 was typed")]
    assert len(audit("profiler.ended")) == 1
    assert typed("profiler_off", apply=True) == (0, [], None)


@pytest.mark.parametrize(
    ("name", "given", "words", "fault"),
    [
        ("nothing", {}, {}, "There is no fix nothing. There are: endless_keys, kill_op"),
        ("kill_op", {}, {}, "--fix kill_op: say --opid"),
        ("kill_op", {"opid": ""}, {}, "--fix kill_op: say --opid"),
        ("profiler_off", {"id": "7"}, {}, "--fix profiler_off: it takes no --id"),
        (
            "correct_balance",
            {"account": "x"},
            {"apply": True},
            "--fix correct_balance: say why: --reason TEXT",
        ),
        ("profiler_off", {}, {"reason": " why "}, "--fix profiler_off: --reason: 5 to 500 characters"),
    ],
)
def test_what_is_mistyped_is_told_and_does_nothing(
    name: str, given: dict[str, str], words: dict[str, Any], fault: str
) -> None:
    told = {"apply": False, "reason": None} | words

    said, status = fixing.run(name, given, as_json=False, **told)

    assert status == 64
    assert said.startswith(fault)


@pytest.fixture
def made() -> Iterator[list[Fix]]:
    """Fixes that a test enters; gone after it."""
    before = dict(vars(registry)["_fixes"])
    yield []
    vars(registry)["_fixes"].clear()
    vars(registry)["_fixes"].update(before)


def entered(plan: Any) -> Fix:
    def apply(_given: Given, _actor: Actor, reason: str | None, _now: datetime) -> Lines:
        return (f"mended, for {reason}",)

    fix = Fix("of_a_test", 1, "Mend it", "It may break once more, " * 6 + "at least.", plan, apply)
    registry.register(fix)
    return fix


@pytest.mark.usefixtures("made")
def test_people_read_title_danger_and_lines_that_fit_a_terminal() -> None:
    entered(lambda _given, _now: ("mend this and that " * 6 + "--as-it-is",))

    dry, status = fixing.run("of_a_test", {}, apply=False, reason=None, as_json=False)
    done, _ = fixing.run("of_a_test", {}, apply=True, reason="  it broke ", as_json=False)

    assert status == 1
    assert dry.splitlines()[:1] == ["of_a_test: Mend it."]
    assert "Would:\n  - mend this and that" in dry
    assert dry.endswith("Nothing was changed; --apply does it.\n")
    assert max(map(len, dry.splitlines())) <= 80
    assert done.endswith("Done:\n  - mended, for it broke\n")


@pytest.mark.usefixtures("made")
def test_with_nothing_to_mend_they_read_so() -> None:
    entered(lambda _given, _now: ())

    said, status = fixing.run("of_a_test", {}, apply=False, reason=None, as_json=False)

    assert (said.splitlines()[-1], status) == ("Nothing to mend.", 0)


@pytest.mark.usefixtures("made")
def test_a_login_without_the_right_is_told_of() -> None:
    def refuse(_given: Given, _now: datetime) -> Lines:
        raise OperationFailure("not authorized", 13)

    entered(refuse)

    said = typed("of_a_test")

    assert said == (1, [], "The product's login in MongoDB may not do that.")


def test_while_mongodb_is_away_nothing_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "fault", lambda: "timeout")

    text, status = fixing.run("profiler_off", {}, apply=True, reason=None, as_json=False)

    assert (status, text.splitlines()[-2:]) == (
        1,
        ["Refused:", "  MongoDB cannot be reached: `manage.py doctor --section 2` says why."],
    )


def test_all_fixes_are_listed_for_people_and_for_programs() -> None:
    people, programs = fixing.listed(as_json=False), json.loads(fixing.listed(as_json=True))

    assert [each["name"] for each in programs["fixes"]] == [each.name for each in registry.fixes()]
    (balance,) = [each for each in programs["fixes"] if each["name"] == "correct_balance"]
    assert balance["needs_reason"] is True
    assert balance["options"] == [{"name": "account", "help": "id or name of the account", "required": True}]
    for each in registry.fixes():
        assert f"{each.name} (runbook section {each.section})" in people
    assert max(map(len, people.splitlines())) <= 80


def test_a_plan_and_a_deed_are_told_of_the_time_and_of_who_typed(made: list[Fix]) -> None:
    told: list[Any] = []

    def apply(given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
        told.extend([dict(given), actor, reason, now])
        return ()

    made.append(Fix("of_a_test", 1, "Mend it", "None.", lambda _given, _now: (), apply))
    registry.register(made[0])
    before = clock.now()

    assert typed("of_a_test", apply=True, reason="because") == (0, [], None)

    assert told[:3] == [{}, Actor.shell(), "because"]
    assert before <= told[3] <= clock.now()
