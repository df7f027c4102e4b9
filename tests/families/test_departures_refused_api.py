"""Who does not leave, nor is removed. Source: HTTP contract, sections 1.2, 1.3, 6 and 18 (11, 16, 17)."""

from typing import Any

import pytest

from ops.mongo.collections import Document
from ops.web import replays
from tests.api import Api
from tests.database import documents
from tests.factories import Person, new_family
from tests.families.household import (
    NOBODY,
    joined,
    leave,
    remove,
    standing_by,
)

WAYS = pytest.mark.parametrize("way", ["leave", "remove"])


def test_who_is_no_member_cannot_be_removed(person: Person, larks: Document, stranger: Person) -> None:
    former = joined(larks)
    assert remove(person, larks, former.id).status == 200
    new_family(stranger, "Owls")
    before = documents()

    for target in (former.id, stranger.id, NOBODY, larks["_id"], "x" * 64):
        assert remove(person, larks, target).problem == (404, "MEMBER_NOT_FOUND")
    assert documents() == before


def test_only_admins_remove(person: Person, larks: Document, stranger: Person) -> None:
    member, backup, former = joined(larks), standing_by(larks, person), joined(larks)
    leave(former, larks)
    before = documents()

    for each in (member, backup):
        # Themselves neither: that is leaving.
        for target in (person.id, member.id, backup.id, NOBODY):
            answer = remove(each, larks, target)
            assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
            assert answer.json["details"].keys() == {"required"}
    for outsider in (stranger, former):
        for target in (person.id, outsider.id):
            assert remove(outsider, larks, target).problem == (404, "FAMILY_NOT_FOUND")
    assert Api().send("DELETE", f"/family/{larks['_id']}/members/{member.id}").problem[0] == 401
    assert documents() == before


def test_a_stranger_leaves_nothing(larks: Document, stranger: Person) -> None:
    before = documents()

    assert leave(stranger, larks).problem == (404, "FAMILY_NOT_FOUND")
    assert documents() == before


@pytest.mark.parametrize("body", [None, {}])
def test_leaving_takes_an_empty_body(larks: Document, body: Any) -> None:
    member = joined(larks)

    assert Api(member).post(f"/family/{larks['_id']}/leave", body).status == 200


def test_leaving_again_finds_nothing_and_the_same_key_is_answered(larks: Document) -> None:
    member, key = joined(larks), {replays.HEADER: "i-leave-larks"}
    first = leave(member, larks, **key)
    before = documents()

    replay, again = leave(member, larks, **key), leave(member, larks)

    assert (replay.status, replay.json) == (200, first.json)
    assert replay.headers[replays.REPLAYED] == "true"
    assert again.problem == (404, "FAMILY_NOT_FOUND")
    assert documents() == before
