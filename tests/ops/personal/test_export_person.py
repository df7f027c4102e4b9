"""``manage.py export_person``: all that is kept about a person, no secret, and nothing of anybody else."""

import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ops import clock
from ops.links import LinkKind
from ops.personal import registry
from ops.runs import records
from ops.security import SecurityEventType, record
from ops.security.recording import recorder
from tests.database import audit, documents
from tests.factories import Person, new_link
from tests.world import World, made_world

# Where a person's id stands, and what stands there is not about them.
NOT_ABOUT_THEM = {
    "idempotency_keys": "the answer to a call, kept a day, of which the document itself tells",
    "rate_limit_overrides": "a limit that they set as staff; the audit log tells of it",
}
SECRET = {
    *("digest", "password", "security_stamp", "secret", "backup_codes", "jti", "refresh", "link", "code"),
    *("data", "context", "body", "private_digest", "hash", "permanent_tokens"),
}
# Names of people that are also words of a role.
OPERATOR = pytest.param("operator", marks=pytest.mark.long)  # of whom there is most
ROLES = {"member", "manager", "admin", "spender", "founder", "former", "other", "backup"}


@pytest.fixture
def world() -> World:
    made = made_world()
    record(SecurityEventType.SIGN_IN_LIMITED, made.person("member").id, {})
    recorder.flush()
    new_link(LinkKind.CONFIRM_EMAIL, made.person("member"))
    return made


def exported(person: Person, path: Path) -> dict[str, Any]:
    call_command("export_person", person.username, "--out", str(path), stdout=io.StringIO())
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def named(value: Any, wanted: str) -> bool:
    """Tell whether a value holds an id, however deep, also as a part of a text."""
    if isinstance(value, dict):
        return any(named(each, wanted) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(named(each, wanted) for each in value)
    return isinstance(value, str) and wanted in value


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("who", ["member", "admin", "spender", "stranger", OPERATOR])
def test_whatever_names_a_person_is_in_it(world: World, tmp_path: Path, who: str) -> None:
    person = world.person(who)
    stored = documents() | documents("security_events")

    kept = exported(person, tmp_path / "out.json")["kept"]

    for name, found in stored.items():
        ids = {each["_id"] for each in found if is_about(name, each, person)}
        assert name in NOT_ABOUT_THEM or ids <= {each["_id"] for each in kept.get(name, [])}, name


def is_about(name: str, document: dict[str, Any], person: Person) -> bool:
    """Tell whether a document is about a person; what others were told of them is about those others."""
    if name == "notifications":
        return bool(document["user_id"] == person.id)
    if name == "audit_log":
        return person.id in {document["actor"], document["target"]}
    return named(document, person.id) or named(document, person.email)


@pytest.mark.parametrize("who", ["member", "admin", OPERATOR])
def test_no_secret_and_nobody_else_is_in_it(world: World, tmp_path: Path, who: str) -> None:
    person = world.person(who)

    kept = exported(person, tmp_path / "out.json")["kept"]

    said = set(texts(kept))
    assert not SECRET & said
    others = [each for each in world.people.values() if each.id != person.id]
    assert not [text for text in said for other in others if other.id in text or other.email in text]
    assert not {each.username for each in others if each.username not in ROLES} & said


@pytest.mark.parametrize("who", ["member", OPERATOR])
def test_runs_that_they_began_or_that_were_about_them_are_in_it(
    world: World, tmp_path: Path, who: str
) -> None:
    person, operator = world.person(who), world.person("operator")
    wanted = records.Wanted(
        "identity.user", "disable", "Disable", "identity.disable_user", {"reason": "for a test"}, "for a test"
    )
    ids = [world.person("member").id, world.person("admin").id]
    run_id = records.start(wanted, ids, actor=operator.actor, now=clock.now())

    kept = exported(person, tmp_path / "out.json")["kept"]

    by_them = [each["said.reason"] for each in kept["console_runs"]]
    assert by_them == (["for a test"] if who == "operator" else [])
    about_them = [each["_id"] for each in kept["console_run_parts"]]
    assert about_them == ([f"{run_id}:0000"] if who == "member" else [])


def test_every_collection_with_people_is_entered() -> None:
    entered = {each.collection for each in registry.kept()}

    assert len(entered) == len(registry.kept())
    assert not entered & NOT_ABOUT_THEM.keys()


@pytest.mark.long
def test_the_file_is_for_its_owner_alone_and_never_written_over(world: World, tmp_path: Path) -> None:
    person, path = world.person("member"), tmp_path / "out.json"

    found = exported(person, path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (entry,) = audit("person.exported")
    assert (entry["target"], entry["actor"][:6]) == (person.id, "shell:")
    assert entry["after"] == {"documents": sum(found["counts"].values())}
    with pytest.raises(CommandError, match="cannot be written"):
        exported(person, path)
    assert len(audit("person.exported")) == 1


def test_of_nobody_there_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.json"

    with pytest.raises(CommandError, match="Nobody is known by nobody"):
        call_command("export_person", "nobody", "--out", str(path))

    assert not path.exists()
