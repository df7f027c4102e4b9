"""Families and who is invited into them, in plain Python. Source: HTTP contract, section 5."""

from tests.consistency import MEMBER_LIMIT
from tests.families.family_model import Expected, Families, Invitation, RefusedError, Tie


class Model(Families):
    """Everything there is."""

    def invite(self, by: str, family_id: str, key: tuple[str, bool], kind: str) -> Expected:
        """Offer a place; of a new one (201) the model is told by the caller. ``key``: who, and if by name."""
        family = self.visible(by, family_id)
        if by not in family.admins and not family.members_invite:
            raise RefusedError(403, "INSUFFICIENT_PERMISSIONS")
        user, by_name = key
        if user == by:
            raise RefusedError(400, "INVITATION_FAILED", "self")
        # Whose an address is, only admins are told.
        if user in family.members and (by_name or by in family.admins):
            raise RefusedError(400, "INVITATION_FAILED", "already_member")
        theirs = [each for each in self.invitations.values() if (each.family, each.key) == (family_id, key)]
        if any(each.status == "pending" for each in theirs):
            return Expected(200)
        if any(each.status == "declined" for each in theirs):
            raise RefusedError(400, "INVITATION_FAILED", "declined_recently")
        if len(family.members) + len(self.pending(family_id)) >= MEMBER_LIMIT:
            raise RefusedError(403, "MEMBER_LIMIT_EXCEEDED")
        facts = {"relationship_type": kind, "status": "pending"}
        return Expected(201, facts=facts, changes=True)

    def withdraw(self, by: str, family_id: str, invitation_id: str) -> Expected:
        """Take an invitation back."""
        family, invitation = self.visible(by, family_id), self.invitations[invitation_id]
        if invitation.family != family_id or (by not in family.admins and by != invitation.inviter):
            raise RefusedError(404, "INVITATION_NOT_FOUND")
        self._open(invitation).status = "cancelled"
        return Expected(200, changes=True)

    def accept(self, by: str, invitation_id: str) -> Expected:
        """Become a member."""
        invitation = self._received(by, invitation_id)
        family = self.families[invitation.family]
        if by in family.members:
            raise RefusedError(400, "INVITATION_FAILED", "already_member")
        invitation.status = "accepted"
        for twin in map(self.invitations.get, self.pending(invitation.family)):
            if twin is not None and twin.user == by:
                twin.status = "cancelled"
        family.members.append(by)
        self.memberships.append((by, invitation.family))
        self.tied(family, Tie(invitation.inviter, by, invitation.kind))
        return Expected(200, facts={"action": "accept"}, changes=True)

    def decline(self, by: str, invitation_id: str) -> Expected:
        """Turn an invitation down."""
        self._received(by, invitation_id).status = "declined"
        return Expected(200, facts={"action": "decline"}, changes=True)

    def _received(self, by: str, invitation_id: str) -> Invitation:
        invitation = self.invitations[invitation_id]
        if invitation.user != by:
            raise RefusedError(404, "INVITATION_NOT_FOUND")
        return self._open(invitation)

    def _open(self, invitation: Invitation) -> Invitation:
        if invitation.status != "pending":
            reason = "cancelled" if invitation.status == "cancelled" else "answered"
            raise RefusedError(404, "INVITATION_NOT_FOUND", reason)
        return invitation
