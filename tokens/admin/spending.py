"""May they spend, and why not? A table on the page of a person, and on that of a family.

It is answered as a spend itself would be, by ``tokens.rules.spending.decide``; the account's page, to which
each row leads, has all reasons.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html

from ops import clock
from ops.console import references
from ops.console.showing import Table, amount, up_to
from ops.mongo.collections import Document, collection
from tokens.admin import freezes
from tokens.rules import AccountStatus, OwnerKind, explaining, spending
from tokens.rules.issuing import MOST
from tokens.rules.spending import Decision, Question

ACCOUNTS, MODEL = "sbd_accounts", "tokens.sbdaccount"
MOST_HELD = 50
USUAL = 1
NO_ACCOUNT = "There is no account."


class AmountForm(forms.Form):
    """How much they would spend. It changes nothing, so it is sent by a GET."""

    amount = forms.IntegerField(
        label="Tokens to spend",
        min_value=1,
        max_value=MOST,
        widget=forms.SearchInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def of_user(user: Any) -> Table:
    """Return what somebody may spend, of each account that they hold; those they own come first."""
    form, tokens = _asked(user)
    held = collection(ACCOUNTS).find({"holders.user_id": user.pk}, limit=MOST_HELD)
    held.sort(key=lambda each: (each["owner"]["id"] != user.pk, each["username"]))
    links = references.resolve(
        found for each in held for found in (each["owner"]["id"], freezes.froze_it(each["freeze"]))
    )
    decided = [(each, spending.decide(each, user.pk, tokens, clock.now())) for each in held]
    rows = [
        (
            references.link(MODEL, each["_id"], each["username"]),
            *_of_holder(each, user.pk, tokens, decision, links),
            links.get(each["owner"]["id"], each["owner"]["id"]),
        )
        for each, decision in decided
    ]
    can = sum(decision.refusal is None for _, decision in decided)
    accounts = _counted(up_to(len(held), MOST_HELD), "account")
    return Table(
        "What they may spend",
        ("account", f"may they spend {amount(tokens)}?", "reasons", "at most now", "as", "of"),
        rows,
        empty="They hold no account.",
        more=(references.list_of(MODEL, holder=user.pk), "Their accounts as a list"),
        summary=f"may spend{_if_unusual(tokens)} from {can} of {accounts}",
        form=form,
        anchor="spend",
    )


def of_family(family: Any) -> Table:
    """Return what each member may spend of the family's account."""
    form, tokens = _asked(family)
    owned = {"owner.id": family.pk, "owner.kind": str(OwnerKind.FAMILY)}
    account = collection(ACCOUNTS).find_one(owned)
    if account is None:
        return Table("Who may spend", (), (), empty=NO_ACCOUNT, summary=NO_ACCOUNT.rstrip("."))
    people = [each["user_id"] for each in account["holders"]]
    links = references.resolve([*people, freezes.froze_it(account["freeze"])])
    decided = [(each, spending.decide(account, each, tokens, clock.now())) for each in people]
    rows = [
        (links.get(each, each), *_of_holder(account, each, tokens, decision, links))
        for each, decision in decided
    ]
    can = sum(decision.refusal is None for _, decision in decided)
    return Table(
        "Who may spend",
        ("member", f"may they spend {amount(tokens)}?", "reasons", "at most now", "as"),
        rows,
        empty="Nobody holds its account.",
        more=(references.page_of(MODEL, account["_id"]), f"The account {account['username']}"),
        summary=f"{_state(account)}, {can} of {len(rows):,} may spend{_if_unusual(tokens)}",
        form=form,
        anchor="spend",
    )


def _asked(document: Any) -> tuple[AmountForm, int]:
    """Return the form as it was sent to the document's page, and the amount to decide on."""
    query: Mapping[str, str] = getattr(document, "console_query", {})
    is_sent = "amount" in query
    form = AmountForm(
        query if is_sent else None, initial={"amount": USUAL}, auto_id="spend_%s", label_suffix=""
    )
    return form, int(form.cleaned_data["amount"]) if form.is_valid() else USUAL


def _of_holder(
    account: Document, user_id: str, tokens: int, decision: Decision, links: Mapping[str, str]
) -> Sequence[object]:
    """Return the verdict in a sentence, the way to all reasons, the most they may spend, and their role."""
    holder = next(each for each in account["holders"] if each["user_id"] == user_id)
    most = spending.available(account, user_id, clock.now())
    way = _reasons(account, user_id, tokens)
    return _verdict(account, decision, links), way, amount(most), holder["role"]


def _verdict(account: Document, decision: Decision, links: Mapping[str, str]) -> str:
    refusal = decision.refusal
    is_frozen = account["status"] == AccountStatus.FROZEN
    if refusal is not None and refusal.question == Question.STATE and is_frozen:
        return format_html("No: the account is frozen {}", freezes.in_words(account["freeze"], links))
    return explaining.verdict(decision)


def _reasons(account: Document, user_id: str, tokens: int) -> str:
    page = references.page_of(MODEL, account["_id"])
    return format_html('<a href="{}?user={}&amp;amount={}#why">Why?</a>', page, user_id, tokens)


def _state(account: Document) -> str:
    return f"account {account['status']} with {_counted(amount(account['balance']), 'token')}"


def _if_unusual(tokens: int) -> str:
    return "" if tokens == USUAL else f" {amount(tokens)}"


def _counted(number: str, noun: str) -> str:
    return f"{number} {noun}{'' if number == '1' else 's'}"
