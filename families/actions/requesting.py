"""What members ask their family's account for: tokens, or that something is bought of it.

The gate is the membership; what becomes of a request is the account's. Source: HTTP contract, section 9.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from families import queries, rules
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries as accounts
from tokens import request_queries
from tokens.actions import movers, requests
from tokens.actions.requests import Asked
from tokens.errors import AccountFrozenError
from tokens.rules import AccountStatus
from tokens.rules.requests import PURCHASE, PURCHASE_LIFE, TOKENS, Policy, Urgency

PERSON = "person"


class Item(NamedTuple):
    """What is to be bought; ``link``: where, or nothing said."""

    name: str
    link: str | None = None


@unit_of_work()
def request_tokens(  # noqa: PLR0913  # who asks for how many, and why
    family_id: str, amount: int, reason: str, urgency: Urgency, *, actor: Actor, now: datetime
) -> Document:
    """Ask for tokens of the family's account; what it approves by itself is paid at once.

    Raises:
        EmailNotConfirmedError: the actor's address is to be confirmed first.
        FamilyNotFoundError: no such family, or not the actor's.
        AccountFrozenError: nothing is spent of the account for now.
        AccountNotFoundError: the actor has no account of their own.
    """
    movers.require(actor)
    person = accounts.joined_person(actor.user_id, into=PERSON)
    family = queries.family_visible_to(actor, family_id, then=person)
    account = family[queries.ACCOUNT]
    if account["status"] == AccountStatus.FROZEN:
        raise AccountFrozenError(account["freeze"])
    own = accounts.theirs(accounts.person_among(family[PERSON], actor.user_id))
    wishes = rules.effective_settings(family["settings"])
    policy = Policy(wishes["auto_approval_threshold"], wishes["auto_approval_daily_cap"])
    life = timedelta(hours=wishes["request_expiry_hours"])
    asked = Asked(amount, reason, life, {"urgency": str(urgency)})
    return requests.ask_for_tokens(account, own, asked, policy, actor=actor, now=now)


@unit_of_work()
def withdraw(family_id: str, request_id: str, *, actor: Actor, now: datetime) -> Document:
    """Take back what the actor asked for; returns the request as it is then.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        TokenRequestNotFoundError: no such request, or expired; to who is no admin, also another's.
        InsufficientPermissionsError: somebody else asked for it.
        RequestNotPendingError: it has been decided.
    """
    family = queries.family_visible_to(actor, family_id)
    request = request_queries.one_of_family(TOKENS, family_id, request_id)
    if request["requester_id"] != actor.user_id:
        if not queries.is_admin(family, actor.user_id):
            raise TOKENS.unknown
        raise InsufficientPermissionsError(required="whoever asked for it")
    return requests.cancel(TOKENS, request, family[queries.ACCOUNT], actor=actor, now=now)


@unit_of_work()
def request_purchase(  # noqa: PLR0913  # who asks for what, at which cost, and why
    family_id: str, item: Item, cost: int, reason: str, *, actor: Actor, now: datetime
) -> Document:
    """Ask that something is bought of the family's account, also while that is frozen.

    Raises:
        EmailNotConfirmedError: the actor's address is to be confirmed first.
        FamilyNotFoundError: no such family, or not the actor's.
    """
    movers.require(actor)
    account = queries.family_visible_to(actor, family_id)[queries.ACCOUNT]
    details = {"item_name": item.name, "link": item.link}
    asked = Asked(cost, reason, PURCHASE_LIFE, details)
    return requests.ask(PURCHASE, account, asked, actor=actor, now=now)
