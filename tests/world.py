"""A family and everybody who can stand in some relation to it: made once, put back whenever it changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from families.actions import (
    allowances,
    emergencies,
    members,
    paying_allowances,
    recovering,
    spending,
)
from families.actions.allowances import Draft
from families.emails import RECOVERY_CODE
from family_site.identity.actions import disabling, roles, signing_in
from family_site.identity.actions.sessions import SignIn
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.outbox.rendering import rendered_mail
from tests.console import Console
from tests.database import documents
from tests.factories import (
    Person,
    new_family,
    new_guards,
    new_invitation,
    new_issuance,
    new_override,
    new_permanent_token,
    new_person,
    new_requests,
    new_staff,
    token_of,
)
from tests.snapshot import Snapshot
from tests.tokens.funds import issue
from tokens.rules.allowances import Frequency

TESTS = Actor.system("tests")
JOINED = ("member", "spender", "manager", "backup", "former", "disabled")
ROLES = ("support", "operator", "finance", "auditor", "superuser")
# What a refused call may write: that it was tried.
COUNTERS = frozenset({"sign_in_failures"})


@dataclass(frozen=True)
class World:
    """The people by what they are, each with two sessions and a permanent token; staff are in the console."""

    people: Mapping[str, Person]
    other_sessions: Mapping[str, SignIn]
    token_ids: Mapping[str, str]
    consoles: Mapping[str, Console]
    family_id: str
    invitation_id: str
    token: str
    recovery_id: str
    code: str
    emergency_id: str
    schedule_id: str
    request_id: str
    purchase_id: str
    transaction_id: str
    event_id: str
    snapshot: Snapshot

    def person(self, actor: str) -> Person:
        """Return somebody; nobody types what the stranger would."""
        return self.people["stranger" if actor == "nobody" else actor]

    def other_session(self, actor: str) -> SignIn:
        """Return the session of somebody that they do not call from."""
        return self.other_sessions["stranger" if actor == "nobody" else actor]


def made_world() -> World:
    """Make it, in an empty database."""
    people = {name: new_person(name) for name in ("stranger", "other", "founder", *JOINED)}
    people["admin"] = people.pop("founder")
    people |= {role: new_staff(Role(role), f"of-{role}") for role in ROLES}
    people |= {name: new_staff(Role.SUPPORT, f"staff-{name}") for name in ("gone", "roleless")}
    other_sessions = {name: _other_session(person) for name, person in people.items()}
    token_ids = {name: new_permanent_token(person).id for name, person in people.items()}
    new_family(people["other"], "Owls of another tree")
    family_id = _family(people)
    invitation = new_invitation(family_id, people["admin"], people["stranger"].email)
    orphaned_id = str(new_family(people["disabled"], "Swifts")["_id"])
    members.join(orphaned_id, people["member"].id, actor=TESTS, now=clock.now())
    disabling.disable(people["disabled"].id, actor=TESTS, now=clock.now(), reason="for a test")
    recovery_id, code = _recovery(orphaned_id, people["member"])
    emergency_id = _emergency(people)
    new_override()
    issued = {name: new_issuance(person)["transaction"] for name, person in people.items()}
    consoles = {name: Console(people[name]) for name in (*ROLES, "gone", "roleless")}
    roles.revoke(people["gone"].id, Role.SUPPORT, actor=TESTS, now=clock.now(), reason="for a test")
    # No action leaves staff without a role; a role that a migration takes away does.
    collection("users").update({"_id": people["roleless"].id}, {"$set": {"staff_roles": []}})
    return World(
        people,
        other_sessions,
        token_ids,
        {"nobody": Console(), **consoles},
        family_id,
        invitation["_id"],
        token_of(invitation),
        recovery_id,
        code,
        emergency_id,
        _allowance(family_id, people),
        *new_requests(family_id, people["member"]),
        issued["member"],
        new_guards(),
        Snapshot.taken(),
    )


def _other_session(person: Person) -> SignIn:
    (user,) = [each for each in documents("users")["users"] if each["_id"] == person.id]
    return signing_in.open_session(user, actor=TESTS, now=clock.now())


def _family(people: Mapping[str, Person]) -> str:
    """Return the id of the family, in which everybody has their place.

    Its documents are written directly where the product has no action for it yet.
    """
    founder = people["admin"]
    family = new_family(founder, "Larks")
    family_id, account_id = str(family["_id"]), family["account_id"]
    collection("families").update({"_id": family_id}, {"$set": {"limits.max_members": len(JOINED) + 2}})
    for name in JOINED:
        members.join(family_id, people[name].id, actor=founder.actor, now=clock.now())
    _set_holder(account_id, people["spender"], can_spend=True, spending_limit=100)
    # Admins are managers; that this one is no admin shows that rights on tokens are none on the family.
    _set_holder(account_id, people["manager"], role="manager", can_spend=True, spending_limit=-1)
    _set_holder(account_id, people["former"], active=False)
    backup = {"_id": family_id, "members.user_id": people["backup"].id}
    collection("families").update(backup, {"$set": {"members.$.is_backup_admin": True}})
    left = people["former"].id
    collection("families").update({"_id": family_id}, {"$pull": {"members": {"user_id": left}}})
    collection("family_people").update({"_id": left}, {"$pull": {"member_of": family_id}})
    issue(account_id, 100)
    return family_id


def _recovery(family_id: str, member: Person) -> tuple[str, str]:
    """Begin to recover a family whose admin is disabled; returns the recovery's id, and the member's code."""
    recovery = recovering.initiate(family_id, "nobody is there", actor=member.actor, now=clock.now())
    outbox = documents("email_outbox")["email_outbox"]
    (mail,) = [each for each in outbox if each["template"] == RECOVERY_CODE]
    (code,) = re.findall(r"^\d{6}$", rendered_mail(mail).text, re.MULTILINE)
    return str(recovery["_id"]), code


def _emergency(people: Mapping[str, Person]) -> str:
    """Begin a vote on the account of another family, which the admin froze; returns its id."""
    family_id, requester = str(new_family(people["admin"], "Wrens")["_id"]), new_person()
    for each in (people["member"], requester):
        members.join(family_id, each.id, actor=TESTS, now=clock.now())
    spending.freeze(family_id, reason="to look at it", actor=people["admin"].actor, now=clock.now())
    begun = emergencies.request(family_id, "we need bread", actor=requester.actor, now=clock.now())
    return str(begun["_id"])


def _allowance(family_id: str, people: Mapping[str, Person]) -> str:
    """Make an allowance for the member, of which a period is over already; returns its id."""
    draft, ago = Draft(people["member"].id, 1, Frequency.DAILY), clock.now() - timedelta(days=2)
    made = allowances.create(family_id, draft, actor=people["admin"].actor, now=ago)
    paying_allowances.pay_due(actor=TESTS, now=clock.now())
    return str(made["_id"])


def _set_holder(account_id: str, person: Person, **rights: Any) -> None:
    change = {f"holders.$.{name}": value for name, value in rights.items()}
    collection("sbd_accounts").update({"_id": account_id, "holders.user_id": person.id}, {"$set": change})
