"""What the machine of families rests on: calls compared with the model, and who is there to make them."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, ClassVar, NamedTuple, TypeVar

from django.db import connection
from hypothesis.stateful import RuleBasedStateMachine

from family_site.identity.actions import disabling, signing_in
from ops import clock
from ops.mongo.collections import collection
from tests.api import Answer, Api
from tests.consistency import FOUNDED_LIMIT, faults
from tests.database import documents
from tests.factories import Person
from tests.families.family_model import Expected, Invitation
from tests.families.invitation_model import Model
from tests.families.model_views import VIEWS
from tests.world import TESTS

T = TypeVar("T")
CHECKED_EACH = 10
OF_FAMILIES = (
    *("families", "family_people", "family_relationships", "family_invitations"),
    *("notifications", "email_outbox", "audit_log"),
)


class Call(NamedTuple):
    """What is sent."""

    method: str
    path: str
    body: Any = None


class Change(NamedTuple):
    """A change of what a member is: end of its path, what is asked for there, the model's name of it."""

    path: str
    action: str
    named: str


PROMOTE = Change("admin", "promote", "promote")
DEMOTE = Change("admin", "demote", "demote")
DESIGNATE = Change("backup-admin", "designate", "designate")
STAND_DOWN = Change("backup-admin", "remove", "stand_down")


def of(candidates: Sequence[T], place: int) -> T:
    """Return one of them, counted round and round."""
    return candidates[place % len(candidates)]


class FamilyMachine(RuleBasedStateMachine):
    """People, the families that the model knows of, and the calls by which they change.

    ``commands`` counts all that were sent, by the status of their answers; 0: no call.
    """

    commands: ClassVar[Counter[int]] = Counter()

    def __init__(self, registered: dict[str, Person]) -> None:
        """Take people who belong to no family yet."""
        super().__init__()
        self.registered = registered
        self.ids = list(registered)
        self.model = Model()
        self.ended: list[str] = []  # families that were dissolved
        self.turns = count(1)
        self.lives_since = 0  # how many commands ago one was dissolved

    def teardown(self) -> None:
        """Look at it all; then leave the people as they were, and nothing else."""
        found = faults(clock.now(), headless=self.model.headless())
        for user in self.model.disabled:
            self._sign_in(user)
        for name in OF_FAMILIES:
            collection(name).delete({})
        collection("sbd_accounts").delete({"owner.kind": "family"})
        collection("sessions").delete({"revoked_at": {"$ne": None}})  # hundreds of them by the end
        assert found == []

    # Calls ----------------------------------------------------------------------------------------

    def sent(
        self, by: str, expected: Expected, call: Call, then: Callable[[Any], None] | None = None
    ) -> None:
        """Send a command: it is answered as the model says, and all is as the model has it.

        ``then``: takes the answer to a command that was carried out, for what the model cannot know.
        """
        self.lives_since += 1
        entries = _entries()
        answer = Api(self.registered[by]).send(*call)
        self.commands[answer.status] += 1
        assert _outline(answer) == expected[:3], answer.text
        if answer.status < 400:
            assert {name: answer.json.get(name) for name in expected.facts} == expected.facts
            if then:
                then(answer.json)
        assert _entries() - entries == expected.changes
        self._look(all_of_it=expected.changes)

    def manages(self, by: str, family_id: str, user: str, change: Change) -> None:
        """Somebody changes what somebody is."""
        expected = self.model.told(getattr(self.model, change.named), by, family_id, user)
        path = f"/family/{family_id}/members/{user}/{change.path}"
        self.sent(by, expected, Call("POST", path, {"action": change.action}))

    def invited(self, by: str, family_id: str, key: tuple[str, bool], kind: str) -> str | None:
        """Somebody is invited, by address or name; returns the id of a new invitation."""
        expected = self.model.told(self.model.invite, by, family_id, key, kind)
        invitee = self.registered[key[0]]
        body = {
            "identifier": invitee.username if key[1] else invitee.email,
            "identifier_type": "username" if key[1] else "email",
            "relationship_type": kind,
        }
        new: list[str] = []

        def enter(answer: Any) -> None:
            if expected.status == 201:
                new.append(answer["invitation_id"])
                self.model.invitations[new[0]] = Invitation(family_id, by, key, kind)

        self.sent(by, expected, Call("POST", f"/family/{family_id}/invite", body), enter)
        return new[0] if new else None

    def answered(self, by: str, invitation_id: str, action: str) -> None:
        """Somebody accepts or declines."""
        answer = self.model.accept if action == "accept" else self.model.decline
        expected = self.model.told(answer, by, invitation_id)
        path = f"/family/invitation/{invitation_id}/respond"
        self.sent(by, expected, Call("POST", path, {"action": action}))

    def is_disabled(self, user: str) -> None:
        """Somebody cannot sign in any more."""
        disabling.disable(user, actor=TESTS, now=clock.now(), reason="for a test")
        self.model.disabled.add(user)
        self.commands[0] += 1
        self._look(all_of_it=True)

    def is_enabled(self, user: str) -> None:
        """Somebody can sign in again, and does."""
        self._sign_in(user)
        self.model.disabled.discard(user)
        self.commands[0] += 1
        self._look(all_of_it=True)

    def _sign_in(self, user_id: str) -> None:
        disabling.enable(user_id, actor=TESTS, now=clock.now(), reason="for a test")
        (user,) = [each for each in documents("users")["users"] if each["_id"] == user_id]
        signed_in = signing_in.open_session(user, actor=TESTS, now=clock.now())
        self.registered[user_id] = dataclasses.replace(
            self.registered[user_id], token=signed_in.access_token, session_id=signed_in.session_id
        )

    # What is seen ---------------------------------------------------------------------------------

    def _look(self, *, all_of_it: bool) -> None:
        """Compare what people see with the model: one of the views in turn, or all."""
        turn = next(self.turns)
        viewers = self._able(self.ids)
        viewer = of(viewers, turn)
        families = [each for each, family in self.model.families.items() if viewer in family.members]
        for view in VIEWS if all_of_it else [of(VIEWS, turn)]:
            view(self.model, self.registered, viewer, of([*families, None], turn // len(viewers)))
        if turn % CHECKED_EACH == 0:
            assert faults(clock.now(), headless=self.model.headless()) == []

    # Who and what ---------------------------------------------------------------------------------
    def full(self) -> list[str]:
        """Return who has founded as many families as there may be."""
        founders = [founder for founder, _ in self.model.founded]
        return [each for each in self.ids if founders.count(each) >= FOUNDED_LIMIT]

    def family(self, place: int) -> str:
        """Return a family, seldom one that is no more, or never was; if there is none, there will be."""
        if not self.model.families:
            self.founded(of(self._able(self.ids), place))
        return of([*list(self.model.families) * 20, *self.ended[-1:], "fam_unknown"], place)

    def founded(self, by: str) -> None:
        """Somebody founds a family."""
        expected = self.model.told(self.model.found, by)
        call = Call("POST", "/family/create", {"name": "Larks"})
        self.sent(by, expected, call, lambda made: self.model.has_founded(by, made["family_id"]))

    def members(self, family_id: str) -> list[str]:
        """Return the members, if there are any."""
        family = self.model.families.get(family_id)
        return list(family.members) if family else []

    def admins(self, family_id: str) -> list[str]:
        """Return the admins, if there are any."""
        family = self.model.families.get(family_id)
        return [each for each in family.members if each in family.admins] if family else []

    def somebody(self, family_id: str, place: int) -> str:
        """Return who shall act: mostly an admin, or a member."""
        admins, members = self._able(self.admins(family_id)), self._able(self.members(family_id))
        return of([*admins * 6, *members * 3, *self.ids], place)

    def other(self, family_id: str, place: int) -> str:
        """Return whom it shall concern: mostly a member."""
        return of([*self.members(family_id) * 4, *self.ids], place)

    def offers(self) -> list[str]:
        """Return the invitations, the open ones again and again."""
        pending = [each for each, offer in self.model.invitations.items() if offer.status == "pending"]
        return [*pending * 10, *list(self.model.invitations)[-2:]]

    def _able(self, ids: list[str]) -> list[str]:
        return [each for each in ids if each not in self.model.disabled]


def _outline(answer: Answer) -> tuple[int, str | None, str | None]:
    """Return status, and of a refusal the code and the reason."""
    if answer.status < 400:
        return answer.status, None, None
    details = answer.json["details"]
    return *answer.problem, details.get("reason") if isinstance(details, dict) else None


def _entries() -> int:
    """Return how many audit entries there are."""
    log: Any = connection.database.audit_log  # type: ignore[attr-defined]  # the engine's
    return int(log.count_documents({}))
