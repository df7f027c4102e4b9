"""What can be used once, written straight into the collections: refresh tokens, invitations; and room.

Each document is made by the product's own functions; only the units around them are left out, since of
thousands they would take longer than what is measured.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.world import Caller

AT_ONCE = 5_000
ROOM = 1_000_000


@dataclass
class World:
    """Who calls, and what is left to be used once; both sides take from the same."""

    callers: Sequence[Caller]
    refresh_tokens: Iterator[str] = field(default_factory=lambda: iter(()))
    invitations: Iterator[tuple[Caller, str]] = field(default_factory=lambda: iter(()))
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def founders(self) -> Sequence[Caller]:
        """Those who have families."""
        return [each for each in self.callers if each.families]

    @property
    def others(self) -> Sequence[Caller]:
        """Those who have none when the run begins."""
        return [each for each in self.callers if not each.families]


def refresh_tokens(world: World, count: int) -> None:
    """Write sessions as somebody's who signed in just now, and keep their refresh tokens."""
    world.refresh_tokens = iter(_refresh_tokens(world.callers, count))


def invitations(world: World, count: int) -> None:
    """Write pending invitations of those without families into the others' families."""
    make_room(world, count)
    world.invitations = iter(_invitations(world.founders, world.others, count))


def make_room(world: World, _count: int) -> None:
    """Lift everybody's limits, as staff can: few callers do here what many would."""
    from families.actions.places import FRESH  # noqa: PLC0415  # the settings must be there first
    from ops.mongo.collections import collection  # noqa: PLC0415

    lifted = {"max_families_founded": ROOM, "max_memberships": ROOM, "max_members": ROOM}
    fresh = {name: value for name, value in FRESH.items() if name != "limits"}
    people = collection("family_people").raw
    for each in world.callers:
        people.update_one({"_id": each.id}, {"$set": {"limits": lifted}, "$setOnInsert": fresh}, upsert=True)
    collection("families").raw.update_many({}, {"$set": {"limits": {"max_members": ROOM}}})


def _refresh_tokens(callers: Sequence[Caller], count: int) -> list[str]:
    from datetime import timedelta  # noqa: PLC0415

    from family_site.identity.actions import sessions  # noqa: PLC0415  # the settings must be there first
    from ops import clock  # noqa: PLC0415
    from ops.ids import new_id  # noqa: PLC0415
    from ops.mongo.collections import collection  # noqa: PLC0415

    now = clock.now()
    ends_at = now + timedelta(days=1)
    # A session bears its own user's security stamp.
    own = {
        each["user_id"]: each for each in collection("sessions").find({"kind": "api"}, limit=2 * len(callers))
    }
    made, tokens = [], []
    for number in range(count):
        user = {"_id": callers[number % len(callers)].id}
        refresh = sessions.new_refresh(now=now, ends_at=ends_at)
        session = {**own[user["_id"]], "_id": new_id("ses"), "refresh": refresh}
        made.append(session)
        tokens.append(sessions.signed(user, session["_id"], refresh, now=now).refresh_token)
    _insert("sessions", made)
    return tokens


def _invitations(
    inviters: Sequence[Caller], invitees: Sequence[Caller], count: int
) -> list[tuple[Caller, str]]:
    """Write them, each with its place in the family; returns who got which."""
    from families.invitations.actions.lifecycle import Offer, drafted  # noqa: PLC0415
    from families.invitations.rules import Invitee, user_key  # noqa: PLC0415
    from ops import clock  # noqa: PLC0415
    from ops.mongo.collections import collection  # noqa: PLC0415

    families = [(each, family) for each in inviters for family in each.families]
    made: list[dict[str, Any]] = []
    got: list[tuple[Caller, str]] = []
    for number in range(min(count, len(families) * len(invitees))):
        inviter, family = families[number % len(families)]
        invitee = invitees[(number // len(families) + number) % len(invitees)]
        whom = Invitee(user_key(invitee.id), None, invitee.username)
        offer = Offer(family, "A family", inviter.id, inviter.username, whom, "sibling")
        made.append(drafted(offer, now=clock.now()))
        got.append((invitee, made[-1]["_id"]))
    _insert("family_invitations", made)
    for _inviter, family in families:
        held = [
            {"invitation_id": each["_id"], "expires_at": each["expires_at"]}
            for each in made
            if each["family_id"] == family
        ]
        collection("families").raw.update_one({"_id": family}, {"$set": {"open_invitations": held}})
    return got


def _insert(name: str, documents: Sequence[dict[str, Any]]) -> None:
    from ops.mongo.collections import collection  # noqa: PLC0415

    for begin in range(0, len(documents), AT_ONCE):
        collection(name).insert(*documents[begin : begin + AT_ONCE])
