"""``manage.py issue_tokens ACCOUNT AMOUNT --reason WHY``: put new tokens on an account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.actors import Actor
from ops.errors import DomainError
from ops.mongo.collections import Document
from tokens import queries
from tokens.actions import issuing
from tokens.management.arguments import account_called, add_reason, amount, told
from tokens.rules.issuing import IssuanceStatus

USAGE = "Say either ACCOUNT and AMOUNT, or --confirm ID, or --withdraw ID."


class Command(BaseCommand):
    help = (
        "Put new tokens on an account. Of many, a second person decides: by --confirm or --withdraw here, "
        "with a login of their own, or in the console."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take an account and an amount, or an issuance that waits."""
        parser.add_argument("account", nargs="?", help="name or id of a person's or a family's account")
        parser.add_argument("amount", nargs="?", type=amount, help="whole tokens")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--confirm", metavar="ID", help="issue what somebody else has asked for")
        which.add_argument("--withdraw", metavar="ID", help="let what was asked for be")
        add_reason(parser)

    def handle(self, *_args: Any, reason: str, **options: Any) -> None:
        """Issue, confirm or withdraw, then tell how it stands."""
        account, tokens, confirm, withdraw = (
            options[name] for name in ("account", "amount", "confirm", "withdraw")
        )
        decided = confirm or withdraw
        if (tokens is None) == (decided is None) or (decided and account):
            raise CommandError(USAGE)
        said: dict[str, Any] = {"actor": Actor.shell(), "now": clock.now(), "reason": reason}
        try:
            if confirm:
                issuance = issuing.confirm(confirm, **said)
            elif withdraw:
                issuance = issuing.withdraw(withdraw, **said)
            else:
                issuance = issuing.issue(account_called(account)["_id"], tokens, **said)
        except DomainError as refusal:
            raise told(refusal) from None
        self.stdout.write(_line(issuance))


def _line(issuance: Document) -> str:
    account = queries.account_by_id(issuance["account"])
    name = account["username"] if account else issuance["account"]
    what = f"{issuance['amount']:,} tokens for {name}"
    match issuance["status"]:
        case IssuanceStatus.PENDING:
            return f"{what} wait for a second person: issue_tokens --confirm {issuance['_id']}"
        case IssuanceStatus.ISSUED:
            return f"{what} are issued, by transaction {issuance['transaction']}."
        case _:
            return f"{what} are {issuance['status']}."
