"""GET /family/{family_id}. Source: HTTP contract, sections 1.2 (strangers), 1.3 (ETag) and 4."""

from datetime import timedelta
from typing import Any

import pytest

from families.actions import members
from ops import clock
from ops.actors import Actor
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_family, new_person
from tests.families.test_create_api import FAMILY


@pytest.fixture
def family(person: Person) -> Document:
    return new_family(person)


def read(reader: Person, family: Document, **headers: str) -> Answer:
    return Api(reader).get(f"/family/{family['_id']}", **headers)


def join(family: Document, joiner: Person) -> None:
    members.join(family["_id"], joiner.id, actor=Actor.system("tests"), now=clock.now())


def but_for_the_request(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    request_id = answer.headers["X-Request-ID"]
    return answer.status, answer.text.replace(request_id.encode(), b""), answer.lasting_headers


def test_the_single_read_tells_all_there_is(person: Person, family: Document) -> None:
    answer = read(person, family)

    assert answer.status == 200
    body = answer.json
    assert body.keys() == FAMILY | {"settings", "notification_settings", "succession_plan"}
    assert body["settings"] == {
        "allow_member_invites": False,
        "visibility": "private",
        "timezone": "UTC",
        "auto_approval_threshold": 0,
        "auto_approval_daily_cap": 0,
        "request_expiry_hours": 168,
    }
    assert body["notification_settings"] == {
        "notify_on_spend": True,
        "notify_on_deposit": True,
        "large_transaction_threshold": 1000,
        "notify_admins_only": False,
    }
    assert body["succession_plan"] == {"backup_admins": []}
    rights = body["sbd_account"].pop("spending_permissions")
    assert body["sbd_account"] == {
        "account_username": "family_larks",
        "balance": 0,
        "is_frozen": False,
        "frozen_by": None,
        "can_spend": True,
        "spending_limit": -1,
    }
    assert rights.keys() == {person.id}
    assert {name: rights[person.id][name] for name in ("role", "can_spend", "spending_limit")} == {
        "role": "manager",
        "can_spend": True,
        "spending_limit": -1,
    }


def test_a_member_sees_it_from_their_own_place(person: Person, stranger: Person, family: Document) -> None:
    join(family, stranger)

    mine, theirs = read(person, family).json, read(stranger, family).json

    assert (mine["is_admin"], mine["user_role"]) == (True, "admin")
    assert (theirs["is_admin"], theirs["user_role"]) == (False, "member")
    assert (theirs["sbd_account"]["can_spend"], theirs["sbd_account"]["spending_limit"]) == (False, 0)
    assert theirs["sbd_account"]["spending_permissions"].keys() == {person.id, stranger.id}
    assert mine["member_count"] == theirs["member_count"] == 2


def test_the_tag_counts_family_account_entries_and_open_invitations(person: Person, family: Document) -> None:
    now = clock.now()
    invitations = [
        {"invitation_id": "inv_1", "expires_at": now + timedelta(days=1)},
        {"invitation_id": "inv_2", "expires_at": now},  # over from this very moment
    ]
    collection("families").update(
        {"_id": family["_id"]}, {"$set": {"version": 7, "open_invitations": invitations}}
    )
    collection("sbd_accounts").update({"_id": family["account_id"]}, {"$set": {"version": 5, "seq": 3}})

    answer = read(person, family)

    assert answer.headers["ETag"] == '"7.5.3.1"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.json["usage_stats"]["pending_invitations"] == 1


@pytest.mark.parametrize("form", ["{}", "W/{}", '"0.0.0.0", {}', '"0.0.0.0",W/{}', "*", " {} "])
def test_a_client_that_has_it_is_told_so_without_a_body(person: Person, family: Document, form: str) -> None:
    etag = read(person, family).headers["ETag"]

    answer = read(person, family, if_none_match=form.format(etag))

    assert (answer.status, answer.text) == (304, b"")
    assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == (etag, "private, no-cache")


@pytest.mark.parametrize("form", ['"1.1.0.1"', '"1"', "1.1.0.0", '""', "garbage", '"1.1.0.0', "\xff"])
def test_a_client_that_has_another_version_gets_the_body(person: Person, family: Document, form: str) -> None:
    assert read(person, family).headers["ETag"] == '"1.1.0.0"'

    assert read(person, family, if_none_match=form).status == 200


def test_a_stranger_cannot_tell_it_from_a_family_that_never_was(stranger: Person, family: Document) -> None:
    theirs = read(stranger, family)
    never = read(stranger, {"_id": new_id("fam")})

    assert theirs.problem == (404, "FAMILY_NOT_FOUND")
    assert but_for_the_request(theirs) == but_for_the_request(never)
    assert but_for_the_request(read(stranger, family, if_none_match="*")) == but_for_the_request(never)


def test_a_stranger_who_changes_it_cannot_tell_either(stranger: Person, family: Document) -> None:
    before = documents()
    body = {"name": "Crows"}

    theirs = Api(stranger).put(f"/family/{family['_id']}", body, if_match='"0"')
    never = Api(stranger).put(f"/family/{new_id('fam')}", body, if_match='"0"')

    assert theirs.problem == (404, "FAMILY_NOT_FOUND")
    assert but_for_the_request(theirs) == but_for_the_request(never)
    assert documents() == before


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_without_credentials_a_family_and_none_are_the_same(family: Document, method: str) -> None:
    body: Any = {"name": "Crows"} if method == "PUT" else None

    answers = [Api().send(method, f"/family/{each}", body) for each in (family["_id"], "fam_none", "x")]

    assert {answer.problem for answer in answers} == {(401, "AUTHENTICATION_REQUIRED")}
    assert len({but_for_the_request(answer)[1] for answer in answers}) == 1


def test_a_get_with_a_body_is_answered_as_if_it_had_none(person: Person, family: Document) -> None:
    plain = read(person, family)

    answer = Api(person).send("GET", f"/family/{family['_id']}", b"{broken", content_type="text/plain")

    assert (answer.status, answer.text) == (200, plain.text)


def test_reading_changes_nothing(person: Person, family: Document) -> None:
    before = documents()

    read(person, family)
    Api(person).get("/family/my-families")
    Api(person).send("HEAD", f"/family/{family['_id']}")

    assert documents() == before


def test_what_was_answered_is_in_the_next_read(person: Person) -> None:
    created = Api(person).post("/family/create", {"name": "Larks"})

    assert read(person, {"_id": created.json["family_id"]}).json.items() >= created.json.items()
    joined = new_person()
    join({"_id": created.json["family_id"]}, joined)
    assert read(joined, {"_id": created.json["family_id"]}).json["version"] == 2
