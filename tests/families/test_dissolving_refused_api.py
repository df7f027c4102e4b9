"""What DELETE /family/{id} refuses. Source: HTTP contract, sections 1.2, 1.3 (If-Match), 4, 18 (5, 16)."""

from collections.abc import Callable

import pytest

from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_member
from tests.families.household import (
    admin_of,
    dissolve,
    joined,
    leave,
    standing_by,
)


@pytest.fixture
def etag(person: Person, larks: Document) -> str:
    return Api(person).get(f"/family/{larks['_id']}").headers["ETag"]


def test_only_admins_dissolve_it(person: Person, larks: Document, stranger: Person) -> None:
    member, backup, former = joined(larks), standing_by(larks, person), joined(larks)
    leave(former, larks)
    before = documents()

    for each in (member, backup):
        answer = dissolve(each, larks)
        assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
        assert answer.json["details"].keys() == {"required"}
        # Whoever may not, learns nothing of its version.
        assert dissolve(each, larks, if_match='"0"').problem == (403, "INSUFFICIENT_PERMISSIONS")
    for outsider in (stranger, former):
        assert dissolve(outsider, larks).problem == (404, "FAMILY_NOT_FOUND")
        assert dissolve(outsider, larks, if_match='"0"').problem == (404, "FAMILY_NOT_FOUND")
    assert Api().send("DELETE", f"/family/{larks['_id']}").problem == (401, "AUTHENTICATION_REQUIRED")
    assert documents() == before


def test_tokens_that_are_left_keep_it(person: Person, larks: Document, etag: str) -> None:
    new_member(larks["_id"], person)
    collection("sbd_accounts").update({"_id": larks["account_id"]}, {"$set": {"balance": 1}})
    before = documents()

    for answer in (dissolve(person, larks), dissolve(person, larks, if_match=next_of(etag))):
        assert answer.problem == (400, "ACCOUNT_NOT_EMPTY")
        assert answer.json["details"] == {"balance": 1}
    assert documents() == before

    collection("sbd_accounts").update({"_id": larks["account_id"]}, {"$set": {"balance": 0}})
    assert dissolve(person, larks).status == 200


def next_of(etag: str) -> str:
    """Return the tag of the version after this one."""
    version, _, rest = etag.strip('"').partition(".")
    return f'"{int(version) + 1}.{rest}"'


def changed_name(person: Person, larks: Document) -> None:
    Api(person).put(f"/family/{larks['_id']}", {"name": "Owls"})


def came_in(_person: Person, larks: Document) -> None:
    joined(larks)


def went(_person: Person, larks: Document) -> None:
    leave(joined(larks), larks)


def was_promoted(person: Person, larks: Document) -> None:
    admin_of(larks, person)


def stands_ready(person: Person, larks: Document) -> None:
    standing_by(larks, person)


@pytest.mark.parametrize("change", [changed_name, came_in, went, was_promoted, stands_ready])
def test_a_version_that_is_stale_keeps_it(
    person: Person, larks: Document, etag: str, change: Callable[[Person, Document], None]
) -> None:
    change(person, larks)
    before = documents()

    answer = dissolve(person, larks, if_match=etag)

    current = Api(person).get(f"/family/{larks['_id']}").headers["ETag"]
    assert answer.problem == (412, "PRECONDITION_FAILED")
    assert answer.json["details"] == {"current_etag": current}
    assert documents() == before
    assert dissolve(person, larks, if_match=current).status == 200


@pytest.mark.parametrize("form", ["{}", "W/{}", '"7", {}', "*", '"{version}.99.99.99"'])
def test_a_version_that_matches_lets_it_go(person: Person, larks: Document, etag: str, form: str) -> None:
    header = form.format(etag, version=etag.strip('"').partition(".")[0])

    assert dissolve(person, larks, if_match=header).status == 200


def test_a_second_call_finds_none(person: Person, larks: Document, etag: str) -> None:
    first: Answer = dissolve(person, larks)
    before = documents()

    assert first.status == 200
    assert dissolve(person, larks).problem == (404, "FAMILY_NOT_FOUND")
    assert dissolve(person, larks, if_match=etag).problem == (404, "FAMILY_NOT_FOUND")
    assert documents() == before
