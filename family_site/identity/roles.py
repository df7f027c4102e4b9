"""What each role of staff may: one line a permission. No database, no clock.

The documents of ``staff_roles`` hold the same, role by role. They are written by migrations, so a new line
here comes with a migration ``Permit({…})`` that says it again; a test holds the two against each other.

A permission is ``<app>.<what>``. Pages of the console ask for ``view_<model>``, doors that change something
for a verb. The names of the operators' permissions are those of the HTTP contract, section 14.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from ops.actors import EVERYTHING


class Role(StrEnum):
    """The roles, by what their people do."""

    SUPPORT = "support"  # helps people: sees them, their families and invitations, and mends those
    OPERATOR = "operator"  # keeps it running: health, caches, limits, clean-up, who is kept out
    FINANCE = "finance"  # answers for tokens: issues, reverses, freezes
    AUDITOR = "auditor"  # sees everything, changes nothing
    SUPERUSER = "superuser"  # may everything; a user's document says it as ``is_superuser``


SUPPORT, OPERATOR, FINANCE, AUDITOR = Role.SUPPORT, Role.OPERATOR, Role.FINANCE, Role.AUDITOR

PERMISSIONS: Mapping[str, tuple[Role, ...]] = {
    # People
    "identity.view_user": (SUPPORT, FINANCE, AUDITOR),
    "identity.view_session": (SUPPORT, AUDITOR),
    "identity.view_staffrole": (AUDITOR,),
    "identity.confirm_email": (SUPPORT,),
    "identity.disable_user": (SUPPORT,),
    "identity.revoke_session": (SUPPORT,),
    "identity.reset_second_factor": (SUPPORT,),
    "identity.view_as": (SUPPORT, AUDITOR),
    "identity.view_permanenttoken": (SUPPORT, AUDITOR),
    "identity.revoke_token": (SUPPORT,),
    # Families
    "families.view_family": (SUPPORT, FINANCE, AUDITOR),
    "families.view_familyperson": (SUPPORT, AUDITOR),
    "families.view_emergencyunfreeze": (SUPPORT, FINANCE, AUDITOR),
    "families.change_limits": (SUPPORT,),
    "families.manage_members": (SUPPORT,),
    "families.dissolve_family": (SUPPORT,),
    "invitations.view_familyinvitation": (SUPPORT, AUDITOR),
    "invitations.resend_familyinvitation": (SUPPORT,),
    "invitations.cancel_familyinvitation": (SUPPORT,),
    "invitations.expire_familyinvitation": (SUPPORT,),
    # Tokens
    "tokens.view_sbdaccount": (FINANCE, AUDITOR),
    "tokens.view_sbdtransaction": (FINANCE, AUDITOR),
    "tokens.view_sbdentry": (FINANCE, AUDITOR),
    "tokens.view_issuance": (FINANCE, AUDITOR),
    "tokens.issue_tokens": (FINANCE,),
    "tokens.reverse_transaction": (FINANCE,),
    "tokens.freeze_account": (FINANCE,),
    "tokens.validate_any": (FINANCE,),
    "tokens.view_tokenrequest": (FINANCE, AUDITOR),
    "tokens.view_purchaserequest": (FINANCE, AUDITOR),
    "tokens.end_request": (FINANCE,),
    "tokens.view_allowance": (FINANCE, AUDITOR),
    "tokens.view_allowancepayment": (FINANCE, AUDITOR),
    "tokens.stop_allowance": (FINANCE,),
    # Operations
    "ops.view_health": (SUPPORT, OPERATOR, AUDITOR),
    "ops.apply_fixes": (OPERATOR,),
    "ops.view_auditentry": (OPERATOR, AUDITOR),
    "ops.view_notification": (SUPPORT, AUDITOR),
    "ops.view_mail": (SUPPORT, OPERATOR, AUDITOR),
    "ops.resend_mail": (SUPPORT, OPERATOR),
    "ops.run_cleanup": (OPERATOR,),
    "ops.view_accessrule": (OPERATOR, AUDITOR),
    "ops.manage_access": (OPERATOR,),
    "ops.view_securityevent": (OPERATOR, AUDITOR),
    "ops.view_security": (OPERATOR, AUDITOR),
    "ops.resolve_security": (OPERATOR,),
    "ops.view_limitoverride": (SUPPORT, OPERATOR, AUDITOR),
    "ops.change_limits": (OPERATOR,),
    "ops.clear_counters": (SUPPORT, OPERATOR),
    "ops.clear_cache": (OPERATOR,),
    "ops.view_incident": (SUPPORT, OPERATOR, AUDITOR),
    "ops.manage_incident": (OPERATOR,),
    "ops.respond_security": (OPERATOR,),
}

# What a user's document says of their rights.
RIGHTS = ("is_staff", "is_superuser", "staff_roles")
Rights = Mapping[str, Any]


def permissions_of(role: Role) -> frozenset[str]:
    """Return what a role may, as the table has it."""
    if role == Role.SUPERUSER:
        return frozenset({EVERYTHING})
    return frozenset(permission for permission, roles in PERMISSIONS.items() if role in roles)


def permitted(*, is_staff: bool, is_superuser: bool, by_roles: Iterable[Iterable[str]]) -> frozenset[str]:
    """Return what somebody may, from the permissions that each of their roles has."""
    if not is_staff:
        return frozenset()
    return frozenset({EVERYTHING}) if is_superuser else frozenset().union(*by_roles)


def held(rights: Rights) -> list[str]:
    """Return the roles that somebody has, in the order of their names."""
    superuser: Iterable[str] = [Role.SUPERUSER] if rights["is_superuser"] else []
    return sorted(str(role) for role in {*rights["staff_roles"], *superuser})


def after_grant(rights: Rights, role: Role) -> dict[str, Any]:
    """Return somebody's rights with a role; whoever has one is staff."""
    return _with({*held(rights), str(role)})


def after_revocation(rights: Rights, role: Role) -> dict[str, Any]:
    """Return somebody's rights without a role; whoever loses the last is staff no longer."""
    roles = set(held(rights))
    return _with(roles - {str(role)}) if role in roles else dict(rights)


def _with(roles: set[str]) -> dict[str, Any]:
    return {
        "is_staff": bool(roles),
        "is_superuser": Role.SUPERUSER in roles,
        "staff_roles": sorted(roles - {str(Role.SUPERUSER)}),
    }
