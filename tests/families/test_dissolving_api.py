"""DELETE /family/{id}.

Source: HTTP contract, sections 1.3 (If-Match), 4 (dissolving), 12 and 18 (5, 7, 16 to 18).
"""

from ops import clock
from ops.mongo.collections import Document, collection
from tests.api import Api
from tests.consistency import faults
from tests.database import audit, documents
from tests.factories import Person, new_family, new_invitation, new_member, token_of
from tests.families.household import (
    account,
    addresses,
    admin_of,
    back_up,
    dissolve,
    ids,
    joined,
    leave,
    mailed,
    manage,
    moment,
    new_entries,
    relate,
    relationships_seen_by,
    remove,
    standing_by,
    stored,
    told,
)
from tests.mails import mails


def test_a_family_is_dissolved(person: Person, larks: Document, guest: Person) -> None:
    other, member, backup = admin_of(larks, person), joined(larks), standing_by(larks, person)
    relate(person, larks, person.id, member.id, "child")
    relate(person, larks, other.id, member.id, "niece")
    invitation = new_invitation(larks["_id"], person, guest.email)
    before = audit()

    answer = dissolve(person, larks)

    family = stored(larks)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "status": "success",
        "message": "The family was dissolved.",
        "transaction_safe": True,
        "family_id": larks["_id"],
        "members_notified": 4,
        "relationships_cleaned": 2,
        "invitations_cancelled": 1,
        "requests_closed": 0,
        "sbd_account_handled": True,
        "payout": None,
        "deleted_at": moment(family["dissolved_at"]),
    }
    assert (family["status"], family["members"], family["admin_user_ids"]) == ("dissolved", [], [])
    assert family["open_invitations"] == []
    assert (account(larks)["status"], account(larks)["holders"]) == ("closed", [])
    assert {each["status"] for each in documents("family_relationships")["family_relationships"]} == {"ended"}
    (kept,) = documents("family_invitations")["family_invitations"]
    assert (kept["_id"], kept["status"]) == (invitation["_id"], "cancelled")
    assert faults(clock.now()) == []
    assert told("family_dissolved") == ids(person, other, member, backup)
    assert mailed("family_dissolved") == addresses(person, other, member, backup)
    (entry,) = new_entries(before)
    said = (entry["action"], entry["actor"], entry["target"], entry["family_id"])
    assert said == ("family.dissolved", person.id, larks["_id"], larks["_id"])


def test_nothing_is_deleted(person: Person, larks: Document) -> None:
    new_member(larks["_id"], person)
    before = documents()

    dissolve(person, larks)

    for name, kept in documents().items():
        assert {each["_id"] for each in before[name]} <= {each["_id"] for each in kept}
    assert stored(larks)["name"] == "Larks"
    assert account(larks)["username"] == "family_larks"


def test_the_mail_says_who_dissolved_what(person: Person, larks: Document) -> None:
    member = joined(larks)

    dissolve(person, larks)

    found = mails("notice")
    assert {(each.to, each.subject) for each in found} == {
        (person.email, "A family was dissolved"),
        (member.email, "A family was dissolved"),
    }
    assert all(person.username in each.text and "Larks" in each.text for each in found)


def test_a_family_of_one_is_dissolved(person: Person, larks: Document) -> None:
    answer = dissolve(person, larks)

    counted = ("members_notified", "relationships_cleaned", "invitations_cancelled", "requests_closed")
    assert [answer.json[name] for name in counted] == [1, 0, 0, 0]
    assert Api(person).get("/family/my-families").json == []


def test_afterwards_it_is_there_for_nobody(person: Person, larks: Document, guest: Person) -> None:
    member = joined(larks)
    invitation = new_invitation(larks["_id"], person, guest.email)
    dissolve(person, larks)
    before = documents()

    below = f"/family/{larks['_id']}"
    for each in (person, member):
        api = Api(each)
        answers = [
            dissolve(each, larks),
            api.get(below),
            api.put(below, {"name": "Owls"}),
            api.get(f"{below}/members"),
            api.get(f"{below}/relationships"),
            api.get(f"{below}/admin-actions"),
            api.get(f"{below}/invitations"),
            api.get(f"{below}/notifications"),
            api.post(f"{below}/invite", {"identifier": "a@example.com", "relationship_type": "child"}),
            api.send("DELETE", f"{below}/invitations/{invitation['_id']}"),
            leave(each, larks),
            remove(each, larks, member.id),
            manage(each, larks, member.id, "promote"),
            back_up(each, larks, member.id, "designate"),
            relate(each, larks, person.id, member.id, "child"),
        ]
        assert [answer.problem for answer in answers] == [(404, "FAMILY_NOT_FOUND")] * len(answers)
        assert api.get("/family/my-families").json == []
    assert documents() == before


def test_its_invitations_are_void(person: Person, larks: Document, guest: Person) -> None:
    invitation = new_invitation(larks["_id"], person, guest.email)
    dissolve(person, larks)
    before = documents()

    answer = Api(guest).post(f"/family/invitation/{invitation['_id']}/respond", {"action": "accept"})
    link = f"/family/invitation/{token_of(invitation)}"

    assert answer.problem == (404, "INVITATION_NOT_FOUND")
    assert answer.json["details"] == {"reason": "cancelled"}
    assert Api(guest).post(f"{link}/accept").problem == (404, "INVITATION_NOT_FOUND")
    assert Api().post(f"{link}/decline").problem == (404, "INVITATION_NOT_FOUND")
    assert Api().get(f"{link}/accept", accept="application/json").problem == (404, "INVITATION_NOT_FOUND")
    (listed,) = Api(guest).get("/family/my-invitations").json["results"]
    assert listed["status"] == "cancelled"
    assert documents() == before


def test_all_their_places_are_free_again(person: Person, larks: Document) -> None:
    member = joined(larks)
    for name in ("Owls", "Wrens"):
        new_family(person, name)
    assert Api(person).post("/family/create").problem == (403, "FAMILY_LIMIT_EXCEEDED")

    dissolve(person, larks)

    assert Api(person).post("/family/create", {"name": "Larks"}).status == 201
    places = {each["_id"]: each for each in documents("family_people")["family_people"]}
    assert (len(places[person.id]["founded"]), len(places[person.id]["member_of"])) == (3, 3)
    assert (places[member.id]["founded"], places[member.id]["member_of"]) == ([], [])
    assert faults(clock.now()) == []


def test_another_family_of_the_same_people_stays(person: Person, larks: Document) -> None:
    member, owls = joined(larks), new_family(person, "Owls")
    new_member(owls["_id"], person, member)
    relate(person, larks, person.id, member.id, "spouse")
    before = stored(owls), account(owls), relationships_seen_by(member, owls)

    dissolve(person, larks)

    assert (stored(owls), account(owls), relationships_seen_by(member, owls)) == before
    assert [each["family_id"] for each in Api(member).get("/family/my-families").json] == [owls["_id"]]


def test_any_admin_dissolves_it(person: Person, larks: Document) -> None:
    assert dissolve(admin_of(larks, person), larks).status == 200


def test_a_frozen_account_without_tokens_is_closed(person: Person, larks: Document) -> None:
    collection("sbd_accounts").update({"_id": larks["account_id"]}, {"$set": {"status": "frozen"}})

    assert dissolve(person, larks).status == 200
    assert account(larks)["status"] == "closed"


def test_its_name_and_its_people_may_begin_anew(person: Person, larks: Document) -> None:
    member = joined(larks)
    dissolve(person, larks)

    family = Api(person).post("/family/create", {"name": "Larks"}).json

    assert family["family_id"] != larks["_id"]
    # The name of a closed account is never used again.
    assert family["sbd_account"]["account_username"] != "family_larks"
    new_member(family["family_id"], person, member)
    assert faults(clock.now()) == []
