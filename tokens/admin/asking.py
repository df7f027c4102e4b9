"""May somebody spend so much of this account, and why not? Asked on the account's page, answered on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest

from ops import clock
from ops.console.showing import Table, amount
from tokens import queries
from tokens.rules import explaining, spending
from tokens.rules.issuing import MOST

LONGEST_NAME = 254


class WhyForm(forms.Form):
    """Who, and how much. It changes nothing, so it is sent by a GET."""

    user = forms.CharField(
        max_length=LONGEST_NAME,
        help_text="Username or id.",
        widget=forms.SearchInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    amount = forms.IntegerField(
        label="Tokens", min_value=1, max_value=MOST, widget=forms.SearchInput(attrs={"inputmode": "numeric"})
    )


@dataclass(frozen=True)
class Question:
    """The form as it was sent, and what is answered: a sentence, and the reasons it rests on."""

    form: WhyForm
    verdict: str = ""
    reasons: Sequence[Table] = ()


def asked(request: HttpRequest, account_id: str) -> Question:
    """Return what is asked on an account's page, answered if it can be."""
    is_sent = {"user", "amount"} & request.GET.keys()
    form = WhyForm(request.GET if is_sent else None, auto_id="why_%s", label_suffix="")
    if not form.is_valid():
        return Question(form)
    typed, tokens = form.cleaned_data["user"], form.cleaned_data["amount"]
    account, person = queries.account_by_id(account_id), queries.account_of_person(typed)
    if account is None or person is None:
        form.add_error("user", "There is no such user.")
        return Question(form)
    decision = spending.decide(account, person["owner"]["id"], tokens, clock.now())
    rows: list[Any] = [
        (each.question, "yes" if each.passed else "no", explaining.sentence(each))
        for each in decision.reasons
    ]
    title = f"{person['username']} and {amount(tokens)} tokens of {account['username']}"
    return Question(
        form, explaining.verdict(decision), [Table(title, ("asked", "passed", "what was found"), rows)]
    )
