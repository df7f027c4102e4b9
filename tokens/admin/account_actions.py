"""What staff can do to an account: freeze it, open it again, put new tokens on it."""

from collections.abc import Sequence
from dataclasses import replace

from django import forms
from django.conf import settings

from ops import clock
from ops.actors import Actor
from ops.console.actions import Effect, confirmed_action
from ops.console.outcomes import Outcomes, Result
from ops.console.reasons import ReasonForm
from ops.console.showing import amount as shown_amount
from ops.ids import new_id
from ops.mongo.collections import Document
from tokens.actions import freezing, issuing
from tokens.models import SbdAccount
from tokens.rules import AccountStatus, OwnerKind
from tokens.rules.issuing import MOST, IssuanceStatus

FREEZE, ISSUE = "tokens.freeze_account", "tokens.issue_tokens"
SYSTEMS_OWN = Effect("It is the system's own.", changes=False)


class IssueForm(ReasonForm):
    """How many, and why; the page carries an id, so that a second click of its button issues nothing."""

    amount = forms.IntegerField(label="Tokens", min_value=1, max_value=MOST)
    issuance_id = forms.RegexField(
        r"\Aiss_[0-9a-f]{30}\Z", initial=lambda: new_id("iss"), widget=forms.HiddenInput
    )


def _effect_of_freezing(account: SbdAccount, _actor: Actor) -> Effect:
    if account.owner.kind == OwnerKind.SYSTEM:
        return SYSTEMS_OWN
    if account.status != AccountStatus.ACTIVE:
        return Effect(f"Already {account.status}.", changes=False)
    return Effect(
        "Nothing is spent of it until staff opens it; it still takes tokens. Its holders are told by mail."
    )


def _effect_of_unfreezing(account: SbdAccount, _actor: Actor) -> Effect:
    if account.status != AccountStatus.FROZEN:
        return Effect(f"Not frozen: {account.status}.", changes=False)
    return Effect("Those who may can spend of it again. Its holders are told by mail.")


def _effect_of_issuing(account: SbdAccount, _actor: Actor) -> Effect:
    if account.owner.kind == OwnerKind.SYSTEM:
        return SYSTEMS_OWN
    if account.status == AccountStatus.CLOSED:
        return Effect("It is closed.", changes=False)
    there, alone = shown_amount(account.balance), shown_amount(settings.ISSUE_ALONE_UP_TO)
    return Effect(
        f"New tokens are added to the {there} there are. Of more than {alone} a second person decides, and "
        "until then nothing is added."
    )


class AccountActions:
    """The actions; the page names them in ``actions``."""

    account_actions = ("freeze", "unfreeze", "issue")

    @confirmed_action("Freeze", permission=FREEZE, preview=_effect_of_freezing)
    def freeze(self, chosen: Sequence[SbdAccount], actor: Actor, reason: str) -> Outcomes:
        """Stop all spending of the accounts."""
        return Outcomes.of_action(freezing.freeze_by_staff, chosen, actor, reason)

    @confirmed_action("Unfreeze", permission=FREEZE, preview=_effect_of_unfreezing)
    def unfreeze(self, chosen: Sequence[SbdAccount], actor: Actor, reason: str) -> Outcomes:
        """Let the accounts be spent from again."""
        return Outcomes.of_action(freezing.unfreeze_by_staff, chosen, actor, reason)

    @confirmed_action(
        "Issue tokens", permission=ISSUE, preview=_effect_of_issuing, asks=IssueForm, of_one=True
    )
    def issue(
        self, chosen: Sequence[SbdAccount], actor: Actor, *, amount: int, issuance_id: str, reason: str
    ) -> Outcomes:
        """Put new tokens on the account, or ask a second person to."""
        issued: list[Document] = []

        def act(account: SbdAccount) -> None:
            issued.append(
                issuing.issue(
                    account.pk,
                    amount,
                    actor=actor,
                    now=clock.now(),
                    reason=reason,
                    issuance_id=issuance_id,
                )
            )

        (line,) = Outcomes.of(chosen, act)
        if line.result == Result.DONE:
            line = replace(line, sentence=_told(issued[0]))
        return Outcomes((line,))


def _told(issuance: Document) -> str:
    what = f"{shown_amount(issuance['amount'])} tokens"
    if issuance["status"] == IssuanceStatus.PENDING:
        return f"{what} wait for a second person, under Issuances."
    return f"{what} are on the account."
