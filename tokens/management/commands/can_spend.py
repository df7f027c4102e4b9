"""``manage.py can_spend ACCOUNT USER AMOUNT``: whether somebody may spend so much now, and why not.

Exit status 0: they may; 1: they may not; 2: it could not be asked. Nothing is written.
"""

import sys
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from tokens import queries
from tokens.management.arguments import account_called, amount
from tokens.rules import explaining, spending
from tokens.rules.refusals import reasons_of
from tokens.rules.spending import Decision

NOT_ASKED = 2


class Command(BaseCommand):
    help = "Tell whether somebody may spend so much of an account now, with all reasons. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the question."""
        parser.add_argument("account", help="name or id of the account")
        parser.add_argument("user", help="username or id of the person")
        parser.add_argument("amount", type=amount, help="whole tokens")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_args: Any, account: str, user: str, json: bool, **options: Any) -> None:
        """Decide, tell, and end with the status of the answer."""
        found = account_called(account, status=NOT_ASKED)
        person = queries.account_of_person(user)
        if person is None:
            raise CommandError(f"There is no user {user}.", returncode=NOT_ASKED)
        decision = spending.decide(found, person["owner"]["id"], options["amount"], clock.now())
        asked = {"account": found["username"], "user": person["username"], "amount": options["amount"]}
        self.stdout.write(_json(asked, decision) if json else _text(decision))
        if decision.refusal is not None:
            sys.exit(1)


def _text(decision: Decision) -> str:
    lines = [f"  {'ok' if each.passed else 'NO':2}  {explaining.sentence(each)}" for each in decision.reasons]
    return "\n".join([explaining.verdict(decision), *lines])


def _json(asked: dict[str, Any], decision: Decision) -> str:
    told = zip(reasons_of(decision), decision.reasons, strict=True)
    reasons = [{**facts, "words": explaining.sentence(reason)} for facts, reason in told]
    answer = {**asked, "can_spend": decision.refusal is None, "reasons": reasons}
    return orjson.dumps(answer, option=orjson.OPT_UTC_Z).decode()
