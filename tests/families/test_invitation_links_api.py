"""What a link opens; looking changes nothing. Source: HTTP contract, sections 5 and 18 (rules 10 to 12)."""

from typing import Any

import pytest
from django.conf import settings

from families.actions import inviting
from families.invitations.errors import InvitationNotFoundError
from ops import clock, links
from ops.mongo.collections import Document
from tests import commands
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_invitation, token_of
from tests.scale import trials

VISITS = 20_000


def path(invitation: Document, action: str = "accept") -> str:
    return f"/family/invitation/{token_of(invitation)}/{action}"


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_the_link_shows_the_offer_to_whoever_has_it(person: Person, sent: Document, action: str) -> None:
    answer = Api().get(path(sent, action))

    assert answer.status == 200
    address = f"{settings.PUBLIC_URL}/family/invitation/{token_of(sent)}"
    assert answer.json == {
        "invitation": {
            "family_name": "Larks",
            "inviter_username": person.username,
            "relationship_type": "sibling",
            "expires_at": answer.json["invitation"]["expires_at"],
            "status": "pending",
        },
        "invitee_hint": "g…@example.com",
        "actions": {
            "accept": {"method": "POST", "href": f"{address}/accept"},
            "decline": {"method": "POST", "href": f"{address}/decline"},
        },
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_of_a_username_the_link_shows_hardly_more(person: Person, guest: Person, larks: Document) -> None:
    invitation = new_invitation(larks["_id"], person, guest.username)

    answer = Api().get(path(invitation))

    assert answer.json["invitee_hint"] == "g…"
    assert guest.id not in answer.text.decode()


@pytest.mark.parametrize("token", ["x", "x" * 43, "..%2f", "inv_1", "%00", "x" * 5000])
def test_a_token_that_never_was_opens_nothing(sent: Document, token: str) -> None:
    before = documents()

    for action in ("accept", "decline"):
        answer = Api().get(f"/family/invitation/{token}/{action}")
        assert answer.status == 404
        assert sent["_id"] not in answer.text.decode()
    assert documents() == before


@pytest.mark.long
@pytest.mark.scaled
def test_visits_of_live_links_change_no_document(person: Person, guest: Person, sent: Document) -> None:
    other = new_invitation(sent["family_id"], person, "omar@example.com")
    callers = (Api(), Api(guest), Api(person))
    for each in callers:
        each.get("/family/my-families")  # what a first call remembers
    before = documents()
    written = []

    with commands.recorded() as heard:
        for number in trials(VISITS):
            method = ("GET", "HEAD", "OPTIONS", "GET")[number % 4]
            invitation, action = (sent, other)[number % 2], ("accept", "decline")[number // 2 % 2]
            answer = callers[number % 3].send(method, path(invitation, action))
            assert answer.status == (405 if method == "OPTIONS" else 200)
            written += [each for each in heard if next(iter(each)) not in {"find", "aggregate"}]
            heard.clear()

    assert written == []
    assert documents() == before


def test_accepting_by_the_link(guest: Person, larks: Document, sent: Document) -> None:
    before = len(audit())

    answer = Api(guest).post(path(sent))

    assert answer.status == 200
    assert (answer.json["action"], answer.json["family_id"]) == ("accepted", larks["_id"])
    assert answer.json["data"]["status"] == "accepted"
    assert answer.json["redirect_url"] == f"{settings.PUBLIC_URL}/welcome/{larks['_id']}"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert [each["family_id"] for each in Api(guest).get("/family/my-families").json] == [larks["_id"]]
    assert len(audit()) == before + 1


def test_accepting_needs_a_sign_in_and_the_link_alone_is_none(sent: Document) -> None:
    before = documents()

    assert Api().post(path(sent)).problem == (401, "AUTHENTICATION_REQUIRED")
    bad = Api().send("POST", path(sent), authorization="Bearer x")
    assert bad.problem == (401, "INVALID_TOKEN")
    assert documents() == before


def test_whoever_has_the_link_can_decline(person: Person, sent: Document) -> None:
    answer = Api().post(path(sent, "decline"))

    assert (answer.status, answer.json["action"]) == (200, "declined")
    (kept,) = documents("family_invitations")["family_invitations"]
    assert (kept["status"], kept["responded_by"]) == ("declined", None)
    (entry,) = audit("invitation.declined")
    assert entry["actor"] == "anonymous"
    (notice,) = documents("notifications")["notifications"]
    assert (notice["user_id"], notice["data"]["who"]) == (person.id, "g…@example.com")
    again = Api().post(path(sent, "decline"))
    assert again.json["details"] == {"reason": "answered"}


def test_resending_makes_the_link_before_void(person: Person, larks: Document, sent: Document) -> None:
    void = path(sent)
    renewed = inviting.resend(larks["_id"], sent["_id"], actor=person.actor, now=clock.now())

    for action in ("accept", "decline"):
        assert Api().get(void.replace("accept", action)).problem == (404, "INVITATION_NOT_FOUND")
    assert Api().post(void.replace("accept", "decline")).problem == (404, "INVITATION_NOT_FOUND")
    assert Api().get(path(renewed)).status == 200


def test_the_log_names_the_route_and_never_the_token(sent: Document, pytestconfig: pytest.Config) -> None:
    token = token_of(sent)
    output: Any = pytestconfig.pluginmanager.getplugin("capturemanager")
    output.read_global_capture()

    Api().get(path(sent))
    Api().post(path(sent, "decline"))
    Api().get(path(sent))

    told = output.read_global_capture()  # where the log was set up to go before this test
    assert "/family/invitation/<str:token>/accept" in told.out
    assert token not in told.out + told.err
    assert links.digest(token) not in told.out + told.err


def test_a_refusal_without_a_reason_tells_nothing() -> None:
    assert InvitationNotFoundError().details == {}
