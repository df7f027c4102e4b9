"""What members do with their family's account: the gate is the membership, the rest is the account's.

Each reads the account in its unit and writes it: so does who takes a member's rights away, or ends the
family, and none passes the other. Source: HTTP contract, sections 8 and 18 (rules 2 to 5, 11 and 13).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from families import queries
from family_site.identity import queries as identity
from ops.actors import Actor
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from ops.second_factor import require_fresh
from tokens import queries as accounts
from tokens.actions import freezing, movers, paying, rights
from tokens.actions.freezing import Told
from tokens.actions.paying import Paid, Payment
from tokens.actions.rights import Rights
from tokens.rules import UNLIMITED, AccountStatus, Kind

PERSON = "person"


class Recipient(NamedTuple):
    """To whom a member transfers: somebody's id or name; ``by_username``: only a name is meant."""

    identifier: str
    by_username: bool = False


class Wanted(NamedTuple):
    """What a holder shall may; ``period_limit``: missing (``keeps_period``): as it is."""

    can_spend: bool
    spending_limit: int
    period_limit: Mapping[str, Any] | None = None
    keeps_period: bool = False


@unit_of_work()
def transfer(  # noqa: PLR0913  # who pays whom what, and why
    family_id: str, to: Recipient, amount: int, *, reason: str | None, actor: Actor, now: datetime
) -> Paid:
    """Pay somebody of the family's account.

    Raises:
        EmailNotConfirmedError: the actor's address is to be confirmed first.
        FamilyNotFoundError: no such family, or not the actor's.
        RecipientNotFoundError: there is no such person, or they are disabled.
        And as ``paying.pay``.
    """
    movers.require(actor)
    person = accounts.joined_person(to.identifier, by_username=to.by_username, into=PERSON)
    family = queries.family_visible_to(actor, family_id, then=person)
    recipient = accounts.reachable(accounts.person_among(family[PERSON], to.identifier), actor)
    payment = Payment(Kind.TRANSFER, amount, reason)
    return paying.pay(family[queries.ACCOUNT], recipient, payment, actor=actor, now=now)


@unit_of_work()
def contribute(family_id: str, amount: int, *, note: str | None, actor: Actor, now: datetime) -> Paid:
    """Pay of the actor's own account into the family's, also while that is frozen.

    Raises:
        EmailNotConfirmedError: the actor's address is to be confirmed first.
        FamilyNotFoundError: no such family, or not the actor's.
        AccountNotFoundError: the actor has no account.
        And as ``paying.pay``.
    """
    movers.require(actor)
    person = accounts.joined_person(actor.user_id, into=PERSON)
    family = queries.family_visible_to(actor, family_id, then=person)
    payer = accounts.theirs(accounts.person_among(family[PERSON], actor.user_id))
    payment = Payment(Kind.CONTRIBUTION, amount, note)
    return paying.pay(payer, family[queries.ACCOUNT], payment, actor=actor, now=now)


@unit_of_work()
def freeze(family_id: str, *, reason: str, actor: Actor, now: datetime) -> Document:
    """Stop every debit of the family's account; returns the account as it is then.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        AccountFreezeFailedError: it is frozen.
    """
    account = queries.family_managed_by(actor, family_id)[queries.ACCOUNT]
    frozen = freezing.freeze(account, reason=reason, actor=actor, told=Told(actor.name), now=now)
    return {**account, "status": str(AccountStatus.FROZEN), "freeze": frozen}


@unit_of_work()
def unfreeze(family_id: str, *, reason: str | None, actor: Actor, now: datetime) -> Document:
    """Open the family's account again; returns it as it is then.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins, or staff froze it.
        AccountFreezeFailedError: it is not frozen.
    """
    account = queries.family_managed_by(actor, family_id)[queries.ACCOUNT]
    freezing.unfreeze(account, reason=reason, actor=actor, told=Told(actor.name), now=now)
    return {**account, "status": str(AccountStatus.ACTIVE), "freeze": None}


@unit_of_work()
def set_permissions(  # noqa: PLR0913  # whose rights in which family
    family_id: str,
    user_id: str,
    wanted: Wanted,
    *,
    actor: Actor,
    now: datetime,
    only_if: Callable[[Document], None] = lambda _account: None,
) -> Document:
    """Set what a member may spend; returns the family as ``queries.family_with_entries`` does.

    Args:
        family_id: which family.
        user_id: whose rights.
        wanted: what they shall may.
        actor: an admin of the family.
        now: time of the change.
        only_if: looks at the account before it is written, and raises if it is not the expected one.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        FreshTwoFactorRequiredError: no limit is wanted, and the actor has a second factor that they have not
            shown just now.
        MemberNotFoundError: no member of it.
        PermissionsUpdateFailedError: they manage the account.
    """
    family = queries.family_managed_by(actor, family_id)
    account = family[queries.ACCOUNT]
    queries.member_of(family, user_id)
    if wanted.spending_limit == UNLIMITED:
        require_fresh(actor)
    only_if(account)
    holder = next(each for each in account["holders"] if each["user_id"] == user_id)
    period = holder["period_limit"] if wanted.keeps_period else wanted.period_limit
    asked = Rights(wanted.can_spend, wanted.spending_limit, period)
    if not _has(holder, asked):
        name = identity.usernames({user_id})[user_id]
        rights.set_rights(account, user_id, name, asked, actor=actor, now=now)
    return queries.family_with_entries(actor, family_id)


def _has(holder: Document, wanted: Rights) -> bool:
    """Tell whether a holder may just this already; a manager's rights are of another kind."""
    return all(holder[name] == value for name, value in {**wanted._asdict(), "role": wanted.role}.items())
