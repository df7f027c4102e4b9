"""Declared indexes: made by migrations, looked for by the check, mended by ``migrate``."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection as default_connection
from django.db.migrations.loader import MigrationLoader
from pymongo import MongoClient

from ops.mongo import indexes
from ops.mongo.indexes import CreateIndexes, DropIndexes, Index
from tests.ops.mongo.pots import Server

connection: Any = default_connection


@pytest.fixture(autouse=True)
def _mended() -> Iterator[None]:
    yield
    connection.database["tests_of_indexes"].drop()
    indexes.create_missing()


def checked() -> str:
    """Run the check; returns what it finds, nothing if all is well."""
    try:
        call_command("check", databases=["default"], stdout=io.StringIO(), stderr=io.StringIO())
    except SystemCheckError as error:
        return str(error)
    return ""


def migrated(*words: str) -> list[str]:
    """Run ``migrate``; returns what it says of indexes."""
    said = io.StringIO()
    call_command("migrate", *words, stdout=said, interactive=False)
    return [line for line in said.getvalue().splitlines() if line.startswith("Index made anew")]


def test_after_migrate_each_declared_index_is_there() -> None:
    assert indexes.declared().keys() >= {"audit_log", "families", "sbd_accounts", "sessions", "users"}
    assert indexes.missing() == {}
    assert checked() == ""
    assert migrated() == []


def test_an_index_that_takes_longer_than_the_driver_waits_is_made_all_the_same(server: Server) -> None:
    hasty: Any = MongoClient(settings.MONGODB_URI, socketTimeoutMS=300, appName="sbd-shell")
    server.fail("createIndexes", times=2, blockConnection=True, blockTimeMS=600)

    made = indexes._make(hasty[connection.database.name]["tests_of_indexes"], [Index(("a",))])

    hasty.close()
    assert [each.name for each in made] == ["a_1"]
    assert "a_1" in connection.database["tests_of_indexes"].index_information()


def test_what_the_migrations_make_is_what_is_declared() -> None:
    made: dict[str, dict[str, Index]] = {}
    loader = MigrationLoader(None)
    for node in loader.graph.leaf_nodes():
        for key in loader.graph.forwards_plan(node):
            for operation in loader.get_migration(*key).operations:
                if isinstance(operation, DropIndexes):
                    for index in operation.indexes:
                        del made[operation.collection][index.name]
                elif isinstance(operation, CreateIndexes):
                    named = {index.name: index for index in operation.indexes}
                    made.setdefault(operation.collection, {}).update(named)

    declared = {
        name: {index.name: index for index in wanted} for name, wanted in indexes.declared().items() if wanted
    }
    assert made == declared


@pytest.mark.parametrize(
    ("key", "name", "made"),
    [
        (("ops", "0018_audit_by_action"), "audit_log", "action_1_at_-1__id_-1"),
        (("ops", "0019_mail_by_template"), "email_outbox", "template_1_created_at_-1__id_-1"),
        (("tokens", "0009_transactions_by_kind"), "sbd_transactions", "kind_1_at_-1__id_-1"),
        (("invitations", "0002_by_answer"), "family_invitations", "responded_at_-1__id_-1"),
    ],
)
def test_a_migration_makes_its_index_and_may_run_twice(key: tuple[str, str], name: str, made: str) -> None:
    connection.database[name].drop_index(made)
    migration: Any = MigrationLoader(None).get_migration(*key)
    (operation,) = migration.operations
    found: list[Any] = []

    for _ in range(2):
        with connection.schema_editor() as editor:
            operation.database_forwards(key[0], editor, None, None)
        found.append(connection.database[name].index_information())

    assert made in found[0]
    assert found[0] == found[1]
    assert indexes.missing() == {}


def test_sessions_go_a_day_after_their_end() -> None:
    index = connection.database["sessions"].index_information()["expires_at_1"]

    assert index["expireAfterSeconds"] == 24 * 60 * 60


def test_a_dropped_index_is_found_and_made_again() -> None:
    connection.database["users"].drop_index("email_1")
    connection.database["families"].drop_index("admin_user_ids_1")

    assert indexes.missing() == {"families": ["admin_user_ids_1"], "users": ["email_1"]}
    assert "families lacks admin_user_ids_1" in checked()
    assert "users lacks email_1" in checked()
    assert "manage.py migrate makes them" in checked()
    made = migrated()
    assert sorted(made) == ["Index made anew: families.admin_user_ids_1", "Index made anew: users.email_1"]
    assert connection.database["users"].index_information()["email_1"]["unique"] is True
    assert checked() == ""


def change_the_ttl() -> None:
    """Let sessions be kept for ever, nearly."""
    keeping = {"name": "expires_at_1", "expireAfterSeconds": 10**8}
    connection.database.command("collMod", "sessions", index=keeping)


def hide() -> None:
    """Hide an index from the planner."""
    connection.database.command("collMod", "sessions", index={"name": "expires_at_1", "hidden": True})


def narrow() -> None:
    """Put another index of the same name in its place."""
    sessions = connection.database["sessions"]
    sessions.drop_index("expires_at_1")
    sessions.create_index("expires_at", partialFilterExpression={"kind": "api"}, expireAfterSeconds=86400)


def reverse() -> None:
    """Put an index over another field in its place."""
    sessions = connection.database["sessions"]
    sessions.drop_index("expires_at_1")
    sessions.create_index("created_at", name="expires_at_1", expireAfterSeconds=86400)


@pytest.mark.parametrize("spoil", [change_the_ttl, hide, narrow, reverse])
def test_an_index_that_is_otherwise_is_found_and_made_anew(spoil: Any) -> None:
    as_declared = connection.database["sessions"].index_information()
    spoil()

    assert indexes.missing() == {"sessions": ["expires_at_1"]}
    assert "sessions lacks expires_at_1" in checked()
    assert migrated() == ["Index made anew: sessions.expires_at_1"]
    assert connection.database["sessions"].index_information() == as_declared


def test_an_index_made_by_hand_under_another_name_will_do() -> None:
    families = connection.database["families"]
    families.drop_index("account_id_1")
    families.create_index("account_id", name="by_hand")
    try:
        assert indexes.missing() == {}
    finally:
        families.drop_index("by_hand")


def test_documents_that_break_an_index_are_named_and_kept() -> None:
    users = connection.database["users"]
    users.drop_index("username_1")
    twice = [{"_id": number, "username": "twice", "email": str(number)} for number in (1, 2)]
    users.insert_many(twice)

    with pytest.raises(CommandError, match=r"A declared index cannot be made: .*username_1 dup key"):
        migrated()

    assert list(users.find().sort("_id")) == twice
    assert "users lacks username_1" in checked()
    users.delete_many({})


@pytest.mark.parametrize("words", [("--plan",), ("ops",), ("--verbosity=0",)])
def test_a_partial_or_silent_migrate_says_nothing_of_indexes(words: tuple[str, ...]) -> None:
    connection.database["users"].drop_index("email_1")

    assert migrated(*words) == []

    made_silently = words == ("--verbosity=0",)
    assert indexes.missing() == ({} if made_silently else {"users": ["email_1"]})


def test_the_check_looks_only_when_it_is_asked_about_the_database() -> None:
    connection.database["users"].drop_index("email_1")

    call_command("check", stdout=io.StringIO())

    assert checked() != ""


def run_forwards(*wanted: Index) -> dict[str, Any]:
    """Run the migration's operation; returns the indexes that there are then, but ``_id``."""
    with connection.schema_editor() as editor:
        CreateIndexes("tests_of_indexes", wanted).database_forwards("ops", editor, None, None)
    found = connection.database["tests_of_indexes"].index_information()
    return {name: index for name, index in found.items() if name != "_id_"}


def test_a_later_migration_can_change_an_index() -> None:
    before = run_forwards(Index(("at",), ttl=timedelta(hours=1)), Index(("-name", "kind"), unique=True))
    after = run_forwards(Index(("at",), ttl=timedelta(hours=2)))

    assert before["at_1"]["expireAfterSeconds"] == 3600
    assert after["at_1"]["expireAfterSeconds"] == 7200
    assert before["name_-1_kind_1"] == after["name_-1_kind_1"]
    assert after["name_-1_kind_1"]["key"] == [("name", -1), ("kind", 1)]


def test_a_later_migration_can_drop_an_index_that_is_there_or_not() -> None:
    made = run_forwards(Index(("at",)), Index(("name",)))
    dropping = DropIndexes("tests_of_indexes", [Index(("at",)), Index(("kind",))])

    with connection.schema_editor() as editor:
        dropping.database_forwards("ops", editor, None, None)

    assert made.keys() == {"at_1", "name_1"}
    assert run_forwards().keys() == {"name_1"}


def test_a_partial_index_is_known_again() -> None:
    pending = Index(("family_id", "invitee"), unique=True, partial={"status": "pending"})

    first = run_forwards(pending)
    again = run_forwards(pending)

    assert first == again
    assert first["family_id_1_invitee_1"]["partialFilterExpression"] == {"status": "pending"}


def test_a_migration_without_indexes_makes_no_collection() -> None:
    assert run_forwards() == {}
    assert "tests_of_indexes" not in connection.database.list_collection_names()


def test_a_migration_can_be_printed_without_being_run() -> None:
    wanted = Index(("at",))
    with connection.schema_editor(collect_sql=True) as editor:
        CreateIndexes("tests_of_indexes", [wanted]).database_forwards("ops", editor, None, None)

        DropIndexes("tests_of_indexes", [wanted]).database_forwards("ops", editor, None, None)

    assert any("create_indexes" in line for line in editor.collected_sql)
    assert any("drop_index" in line for line in editor.collected_sql)
    assert "tests_of_indexes" not in connection.database.list_collection_names()


def test_indexes_are_declared_in_one_place() -> None:
    with pytest.raises(ValueError, match="users are declared twice"):
        indexes.declare("users", Index(("nickname",)))

    assert indexes.declare("users", *indexes.declared()["users"]) == indexes.declared()["users"]
