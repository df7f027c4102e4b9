"""Lists of invitations, page by page; sent again, handed over, taken back.

Source: HTTP contract, sections 1.3, 5 and 19.
"""

from datetime import timedelta

import pytest
from django.conf import settings

from families.actions import joining
from families.invitations.actions import upkeep
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_family, new_invitation, new_member, new_person, token_of

JOB = Actor.system("tests")


def pages(api: Api, address: str | None) -> list[list[str]]:
    """Return the ids of each page, by following ``next``."""
    found = []
    while address is not None:
        answer = api.get(address.removeprefix(settings.PUBLIC_URL))
        assert answer.status == 200, answer.text
        found.append([each["invitation_id"] for each in answer.json["results"]])
        address = answer.json["next"]
    return found


@pytest.fixture
def received(guest: Person) -> list[str]:
    """Invitations of the guest into seven families, by address or name, newest first; some at one time."""
    now = clock.now()
    found = []
    for number in range(7):
        founder = new_person()
        at = now - timedelta(minutes=number // 3)
        invitee = guest.username if number % 2 else guest.email
        found.append(new_invitation(new_family(founder)["_id"], founder, invitee, now=at))
    order = sorted(found, key=lambda each: (each["created_at"], each["_id"]), reverse=True)
    return [each["_id"] for each in order]


def test_my_invitations_come_page_by_page_newest_first(guest: Person, received: list[str]) -> None:
    assert pages(Api(guest), "/family/my-invitations") == [received]
    assert pages(Api(guest), "/family/invitations/received?limit=3") == [
        received[:3],
        received[3:6],
        received[6:],
    ]
    assert pages(Api(guest), "/family/my-invitations?limit=7") == [received]


def test_the_way_back_shows_the_same_pages(guest: Person, received: list[str]) -> None:
    api = Api(guest)
    first = api.get("/family/my-invitations?limit=3").json
    second = api.get(first["next"].removeprefix(settings.PUBLIC_URL)).json
    third = api.get(second["next"].removeprefix(settings.PUBLIC_URL)).json

    assert (first["previous"], third["next"]) == (None, None)
    back = api.get(third["previous"].removeprefix(settings.PUBLIC_URL)).json
    assert [each["invitation_id"] for each in back["results"]] == received[3:6]
    start = api.get(back["previous"].removeprefix(settings.PUBLIC_URL)).json
    assert (start["results"], start["previous"]) == (first["results"], None)
    assert pages(api, back["next"]) == [received[6:]]


def test_rows_that_come_and_go_neither_repeat_nor_hide_others(guest: Person, received: list[str]) -> None:
    api = Api(guest)
    first = api.get("/family/my-invitations?limit=3").json
    founder = new_person()
    new_invitation(new_family(founder)["_id"], founder, guest.email)
    for gone in (received[2], received[4]):  # the one the cursor names, and one that is still to come
        collection("family_invitations").delete({"_id": gone})

    rest = pages(api, first["next"])

    assert [each for page in rest for each in page] == [received[3], *received[5:]]


def test_a_cursor_is_good_for_the_same_list_and_person_only(
    person: Person, guest: Person, received: list[str]
) -> None:
    address = Api(guest).get("/family/my-invitations?limit=3").json["next"]
    cursor = address.partition("cursor=")[2].partition("&")[0]

    assert Api(guest).get(f"/family/invitations/received?cursor={cursor}").status == 200
    for caller, query in (
        (person, f"cursor={cursor}"),
        (guest, f"status=pending&cursor={cursor}"),
        (guest, f"cursor={cursor[:-1]}{'A' if cursor[-1] != 'A' else 'B'}"),
        (guest, "cursor="),
        (guest, "cursor=%00%ff"),
    ):
        answer = Api(caller).get(f"/family/my-invitations?{query}")
        assert answer.faults == {("query.cursor", "unavailable")}
    assert received


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("limit=0", ("query.limit", "too_small")),
        ("limit=-1", ("query.limit", "too_small")),
        ("limit=101", ("query.limit", "too_large")),
        ("limit=x", ("query.limit", "invalid_type")),
        ("limit=1e1", ("query.limit", "invalid_type")),
        ("limit=", ("query.limit", "invalid_type")),
        ("limit=" + "9" * 40, ("query.limit", "invalid_type")),
        ("skip=3", ("query.skip", "use_cursor")),
        ("offset=3", ("query.offset", "use_cursor")),
    ],
)
def test_a_page_that_there_is_not_is_refused(person: Person, query: str, fault: tuple[str, str]) -> None:
    answer = Api(person).get(f"/family/my-invitations?{query}")

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == {fault}


def test_a_status_is_filtered_by_either_name_and_by_what_time_has_decided(
    person: Person, guest: Person, larks: Document
) -> None:
    now = clock.now()
    ends = {}
    for name, age in (("pending", 0), ("marked", 9), ("overdue", 8), ("declined", 1)):
        at = now - timedelta(days=age)
        ends[name] = new_invitation(larks["_id"], person, f"{name}@example.com", now=at)["_id"]
        if name == "marked":
            upkeep.expire_overdue(actor=JOB, now=now)
    at = now - timedelta(hours=1)
    declined = new_invitation(larks["_id"], person, guest.email, now=at)
    joining.decline(declined["_id"], actor=guest.actor, now=at)

    path = f"/family/{larks['_id']}/invitations"
    listed = {
        status: {each["invitation_id"] for each in Api(person).get(f"{path}?{status}").json["results"]}
        for status in ("status=pending", "status_filter=expired", "status=declined&status_filter=declined")
    }

    assert listed == {
        "status=pending": {ends["pending"], ends["declined"]},
        "status_filter=expired": {ends["marked"], ends["overdue"]},
        "status=declined&status_filter=declined": {declined["_id"]},
    }
    shown = {each["invitation_id"]: each["status"] for each in Api(person).get(path).json["results"]}
    assert len(shown) == 5
    assert shown[ends["overdue"]] == shown[ends["marked"]] == "expired"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=lost", "query.status"),
        ("status_filter=PENDING", "query.status_filter"),
        ("status=pending&status_filter=expired", "query.status_filter"),
        ("status=", "query.status"),
    ],
)
def test_a_status_that_there_is_not_is_refused(person: Person, query: str, field: str) -> None:
    answer = Api(person).get(f"/family/my-invitations?{query}")

    assert answer.problem == (400, "INVALID_STATUS_FILTER")
    assert [fault["field"] for fault in answer.json["details"]] == [field]


def test_admins_see_all_of_a_family_and_members_what_they_sent(person: Person, larks: Document) -> None:
    Api(person).put(f"/family/{larks['_id']}", {"settings": {"allow_member_invites": True}})
    member = new_member(larks["_id"], person)
    mine = new_invitation(larks["_id"], member, "omar@example.com")
    other = new_invitation(larks["_id"], person, "wren@example.com")
    path = f"/family/{larks['_id']}/invitations"

    assert pages(Api(member), path) == [[mine["_id"]]]
    assert {other["_id"], mine["_id"]} < set(pages(Api(person), path)[0])
    seen = Api(member).get(path).json["results"][0]
    assert (seen["email_status"], seen["resend_count"]) == ("queued", 0)
    # Neither may they manage what they do not see.
    for method, end in (("DELETE", ""), ("POST", "/resend"), ("POST", "/link")):
        answer = Api(member).send(method, f"{path}/{other['_id']}{end}")
        assert answer.problem == (404, "INVITATION_NOT_FOUND")
    assert Api(member).post(f"{path}/{mine['_id']}/resend").status == 200


@pytest.mark.parametrize(
    ("mail", "told"),
    [
        ({"status": "queued"}, "queued"),
        ({"status": "sending"}, "queued"),
        ({"status": "sent"}, "sent"),
        ({"status": "dead_letter", "fault": "refused"}, "failed"),
        ({"status": "dead_letter", "fault": "no longer wanted: the link was replaced"}, "none"),
        (None, "sent"),  # sent mails are forgotten after 30 days
    ],
)
def test_the_inviter_sees_how_the_mail_stands(
    person: Person, larks: Document, sent: Document, mail: Document | None, told: str
) -> None:
    outbox, which = collection("email_outbox"), {"_id": sent["mail_id"]}
    outbox.delete(which) if mail is None else outbox.update(which, {"$set": mail})

    (shown,) = Api(person).get(f"/family/{larks['_id']}/invitations").json["results"]

    assert shown["email_status"] == told


def test_the_invitee_sees_neither_mail_nor_link(guest: Person, sent: Document) -> None:
    (shown,) = Api(guest).get("/family/my-invitations").json["results"]

    assert shown["invitation_id"] == sent["_id"]
    assert {"email_status", "resend_count", "link"} & shown.keys() == set()


def test_resending_gives_seven_new_days_a_new_link_and_a_mail(
    person: Person, larks: Document, guest: Person
) -> None:
    old = new_invitation(larks["_id"], person, guest.email, now=clock.now() - timedelta(days=6))
    path = f"/family/{larks['_id']}/invitations/{old['_id']}/resend"

    answer = Api(person).post(path)

    (kept,) = documents("family_invitations")["family_invitations"]
    assert (answer.status, answer.json["email_sent"], answer.json["email_status"]) == (200, True, "queued")
    assert kept["expires_at"] - kept["created_at"] > timedelta(days=12, hours=23)
    assert (kept["resend_count"], kept["link"]["generation"]) == (1, 2)
    assert kept["link"]["digest"] != old["link"]["digest"]
    generations = [mail["context"]["generation"] for mail in documents("email_outbox")["email_outbox"]]
    assert sorted(generations) == ["1", "2"]
    (family,) = documents("families")["families"]
    held = {"invitation_id": old["_id"], "expires_at": kept["expires_at"]}
    assert family["open_invitations"] == [held]
    assert [entry["target"] for entry in audit("invitation.resent")] == [old["_id"]]


def test_a_link_is_shown_once_and_the_one_before_is_void(
    person: Person, larks: Document, sent: Document
) -> None:
    mailed = token_of(sent)

    answer = Api(person).post(f"/family/{larks['_id']}/invitations/{sent['_id']}/link")

    assert answer.status == 201
    (kept,) = documents("family_invitations")["family_invitations"]
    assert answer.json["link"] == f"{settings.PUBLIC_URL}/family/invitation/{token_of(kept)}/accept"
    assert (kept["link"]["mailed"], kept["expires_at"]) == (False, sent["expires_at"].replace(tzinfo=None))
    assert Api().get(f"/family/invitation/{mailed}/accept").status == 404
    assert token_of(kept) not in repr(documents())
    assert len(audit("invitation.link_made")) == 1


def test_cancelling_frees_the_place_and_sends_no_mail(
    person: Person, guest: Person, larks: Document, sent: Document
) -> None:
    path = f"/family/{larks['_id']}/invitations/{sent['_id']}"

    answer = Api(person).send("DELETE", path)

    assert (answer.status, answer.json["status"]) == (200, "success")
    (kept,) = documents("family_invitations")["family_invitations"]
    assert kept["status"] == "cancelled"
    assert answer.json["cancelled_at"].startswith(kept["cancelled_at"].isoformat()[:23])
    assert documents("families")["families"][0]["open_invitations"] == []
    assert len(documents("email_outbox")["email_outbox"]) == 1
    again = Api(person).send("DELETE", path)
    assert again.problem == (404, "INVITATION_NOT_FOUND")
    assert again.json["details"] == {"reason": "cancelled"}
    assert Api(guest).get(f"/family/invitation/{token_of(sent)}/accept").status == 404


def test_an_invitation_of_another_family_is_unknown(person: Person, stranger: Person, sent: Document) -> None:
    own = new_family(stranger)["_id"]
    before = documents()

    for method, end in (("DELETE", ""), ("POST", "/resend"), ("POST", "/link")):
        answer = Api(stranger).send(method, f"/family/{own}/invitations/{sent['_id']}{end}")
        assert answer.problem == (404, "INVITATION_NOT_FOUND")
        assert answer.json["details"] == {}
        hidden = Api(stranger).send(method, f"/family/{sent['family_id']}/invitations/{sent['_id']}{end}")
        assert hidden.problem == (404, "FAMILY_NOT_FOUND")
    assert documents() == before
    assert person.id == sent["inviter_id"]
