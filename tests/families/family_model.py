"""Families as the contract describes them, in plain Python: what a command answers, and what there is then.

Knows people and families by their ids, and no time but the order of things. Inviting is in
``invitation_model``. Source: HTTP contract, sections 4 (founding, dissolving) and 6.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.consistency import FOUNDED_LIMIT, REVERSES

ADMIN, MEMBER = "admin", "member"
# What the other side is unless it is said: of two that fit, the one of the same gender.
USUAL = {"uncle": "nephew", "aunt": "niece", "nephew": "uncle", "niece": "aunt"}
MANAGER, VIEWER = ("manager", True, -1), ("viewer", False, 0)


class Expected(NamedTuple):
    """What a command answers: status, and of a refusal code and reason; ``changes``: it leaves its entry."""

    status: int
    code: str | None = None
    reason: str | None = None
    facts: Mapping[str, Any] = {}
    changes: bool = False


class RefusedError(Exception):
    """The command is refused so."""

    def __init__(self, status: int, code: str, reason: str | None = None) -> None:
        """Take what it answers."""
        super().__init__(code)
        self.expected = Expected(status, code, reason)


class Tie(NamedTuple):
    """What the other is to the one; ``reverse``: what the one is to the other, if that is said."""

    one: str
    other: str
    kind: str
    reverse: str | None = None


@dataclass
class Invitation:
    """An offer; ``key``: how the invitee was named, ``user``: who that is."""

    family: str
    inviter: str
    key: tuple[str, bool]
    kind: str
    status: str = "pending"

    @property
    def user(self) -> str:
        """Whom it invites."""
        return self.key[0]


@dataclass
class Family:
    """A family; ``ties``: of each pair, what the other is to each of them."""

    admins: set[str]
    members: list[str]
    backups: list[str] = field(default_factory=list)
    ties: dict[frozenset[str], dict[str, str]] = field(default_factory=dict)
    members_invite: bool = False


class Families:
    """Everything there is; each command tells what it answers, and does it unless that is a refusal."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.families: dict[str, Family] = {}
        self.invitations: dict[str, Invitation] = {}
        self.disabled: set[str] = set()
        self.founded: set[tuple[str, str]] = set()
        # Memberships in the order in which they began.
        self.memberships: list[tuple[str, str]] = []

    def told(self, command: Callable[..., Expected], by: str, *parts: Any, **more: Any) -> Expected:
        """Return what somebody is answered."""
        if by in self.disabled:
            return Expected(401, "INVALID_TOKEN", "revoked")
        try:
            return command(by, *parts, **more)
        except RefusedError as refused:
            return refused.expected

    # What is seen ---------------------------------------------------------------------------------

    def working(self, family: Family) -> set[str]:
        """Return the admins who can work."""
        return family.admins - self.disabled

    def headless(self) -> set[str]:
        """Return the families of which no admin can work."""
        return {each for each, family in self.families.items() if not self.working(family)}

    def pending(self, family_id: str) -> list[str]:
        """Return the open invitations of a family."""
        return [
            each
            for each, invitation in self.invitations.items()
            if (invitation.family, invitation.status) == (family_id, "pending")
        ]

    def tie(self, family: Family, one: str, other: str) -> str | None:
        """Return what the other is to the one."""
        return family.ties.get(frozenset((one, other)), {}).get(one)

    # Who may --------------------------------------------------------------------------------------

    def visible(self, by: str, family_id: str) -> Family:
        """Return a family to one of its members."""
        family = self.families.get(family_id)
        if family is None or by not in family.members:
            raise RefusedError(404, "FAMILY_NOT_FOUND")
        return family

    def managed(self, by: str, family_id: str) -> Family:
        """Return a family to one of its admins."""
        family = self.visible(by, family_id)
        if by not in family.admins:
            raise RefusedError(403, "INSUFFICIENT_PERMISSIONS")
        return family

    def of_member(self, by: str, family_id: str, user: str) -> Family:
        """Return a family to one of its admins who speaks of one of its members."""
        family = self.managed(by, family_id)
        if user not in family.members:
            raise RefusedError(404, "MEMBER_NOT_FOUND")
        return family

    # Founding and dissolving ----------------------------------------------------------------------

    def found(self, by: str) -> Expected:
        """Found a family, if there is room; ``has_founded`` takes its id."""
        if sum(founder == by for founder, _ in self.founded) >= FOUNDED_LIMIT:
            raise RefusedError(403, "FAMILY_LIMIT_EXCEEDED")
        return Expected(201, facts={"admin_user_ids": [by]}, changes=True)

    def has_founded(self, by: str, family_id: str) -> None:
        """Enter a new family."""
        self.families[family_id] = Family({by}, [by])
        self.founded.add((by, family_id))
        self.memberships.append((by, family_id))

    def dissolve(self, by: str, family_id: str) -> Expected:
        """End a family, and all that belongs to it."""
        family = self.managed(by, family_id)
        open_ones = self.pending(family_id)
        for each in open_ones:
            self.invitations[each].status = "cancelled"
        for user in family.members:
            self._give_up(user, family_id)
        del self.families[family_id]
        facts = {
            "members_notified": len(family.members),
            "relationships_cleaned": len(family.ties),
            "invitations_cancelled": len(open_ones),
        }
        return Expected(200, facts=facts, changes=True)

    def let_members_invite(self, by: str, family_id: str, *, wanted: bool) -> Expected:
        """Let plain members invite, or not."""
        family = self.managed(by, family_id)
        before, family.members_invite = family.members_invite, wanted
        return Expected(200, changes=before != wanted)

    # Admins, departures, relationships ------------------------------------------------------------

    def promote(self, by: str, family_id: str, user: str) -> Expected:
        """Make somebody an admin."""
        family = self.of_member(by, family_id, user)
        if user in family.admins:
            raise RefusedError(400, "ADMIN_ACTION_ERROR", "self" if user == by else "already_admin")
        self._raise(family, user)
        return Expected(200, facts={"action": "promoted", "new_role": ADMIN}, changes=True)

    def demote(self, by: str, family_id: str, user: str) -> Expected:
        """Make an admin a plain member."""
        family = self.of_member(by, family_id, user)
        if user not in family.admins:
            raise RefusedError(400, "ADMIN_ACTION_ERROR", "not_admin")
        heir = self._let_go(family, user)
        facts = {"action": "demoted", "new_role": MEMBER, "promoted_user_id": heir}
        return Expected(200, facts=facts, changes=True)

    def designate(self, by: str, family_id: str, user: str) -> Expected:
        """Let somebody stand ready."""
        family = self.of_member(by, family_id, user)
        if user in family.admins:
            raise RefusedError(400, "BACKUP_ADMIN_ERROR", "already_admin")
        if user in family.backups:
            raise RefusedError(400, "BACKUP_ADMIN_ERROR", "already_backup")
        family.backups.append(user)
        return Expected(200, facts={"action": "designated", "role": "backup_admin"}, changes=True)

    def stand_down(self, by: str, family_id: str, user: str) -> Expected:
        """Let somebody stand ready no longer."""
        family = self.of_member(by, family_id, user)
        if user not in family.backups:
            raise RefusedError(400, "BACKUP_ADMIN_ERROR", "not_backup")
        family.backups.remove(user)
        return Expected(200, facts={"action": "removed", "role": MEMBER}, changes=True)

    def leave(self, by: str, family_id: str) -> Expected:
        """Leave."""
        family = self.visible(by, family_id)
        heir, _ = self._depart(family, family_id, by)
        return Expected(200, facts={"promoted_user_id": heir}, changes=True)

    def remove(self, by: str, family_id: str, user: str) -> Expected:
        """Remove somebody."""
        family = self.of_member(by, family_id, user)
        _, ties = self._depart(family, family_id, user)
        facts = {"removed_user_id": user, "relationships_cleaned": ties, "permissions_revoked": True}
        return Expected(200, facts=facts, changes=True)

    def relate(self, by: str, family_id: str, tie: Tie) -> Expected:
        """Say what the other is to the one."""
        if tie.one == tie.other or (tie.reverse is not None and tie.reverse not in REVERSES[tie.kind]):
            raise RefusedError(400, "INVALID_RELATIONSHIP")
        family, pair = self.managed(by, family_id), frozenset((tie.one, tie.other))
        if not pair <= set(family.members):
            raise RefusedError(404, "MEMBER_NOT_FOUND")
        before = family.ties.get(pair, {})
        self.tied(family, tie)
        after = family.ties[pair]
        facts = {
            "old_relationship_type": before.get(tie.one),
            "new_relationship_type": after[tie.one],
            "new_reciprocal_type": after[tie.other],
        }
        return Expected(200, facts=facts, changes=before != after)

    def tied(self, family: Family, tie: Tie) -> None:
        """Write both sides of a pair."""
        back = tie.reverse or USUAL.get(tie.kind) or next(iter(REVERSES[tie.kind]))
        family.ties[frozenset((tie.one, tie.other))] = {tie.one: tie.kind, tie.other: back}

    def _raise(self, family: Family, user: str) -> None:
        family.admins.add(user)
        family.backups = [each for each in family.backups if each != user]

    def _let_go(self, family: Family, user: str) -> str | None:
        """Take an admin's role away, and let somebody take over if need be."""
        heir = None
        if not self.working(family) - {user}:
            heir = next((each for each in family.backups if each not in self.disabled), None)
            if heir is None:
                raise RefusedError(400, "MULTIPLE_ADMINS_REQUIRED")
            self._raise(family, heir)
        family.admins.discard(user)
        return heir

    def _depart(self, family: Family, family_id: str, user: str) -> tuple[str | None, int]:
        heir = self._let_go(family, user) if user in family.admins else None
        family.members.remove(user)
        family.backups = [each for each in family.backups if each != user]
        gone = [pair for pair in family.ties if user in pair]
        for pair in gone:
            del family.ties[pair]
        for each in self.pending(family_id):
            if self.invitations[each].inviter == user:
                self.invitations[each].status = "cancelled"
        self._give_up(user, family_id)
        return heir, len(gone)

    def _give_up(self, user: str, family_id: str) -> None:
        self.founded.discard((user, family_id))
        self.memberships.remove((user, family_id))
