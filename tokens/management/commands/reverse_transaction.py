"""``manage.py reverse_transaction TRANSACTION --reason WHY``: move tokens back to where they came from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ops import clock
from ops.actors import Actor
from ops.errors import DomainError
from tokens.actions import reversing
from tokens.management.arguments import add_reason, told


class Command(BaseCommand):
    help = "Undo a transaction by a new one, once; whoever has the tokens must be able to give them back."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a transaction."""
        parser.add_argument("transaction", help="id of the transaction")
        add_reason(parser)

    def handle(self, *_args: Any, transaction: str, reason: str, **_options: Any) -> None:
        """Reverse it."""
        try:
            posted = reversing.reverse(transaction, actor=Actor.shell(), now=clock.now(), reason=reason)
        except DomainError as refusal:
            raise told(refusal) from None
        self.stdout.write(f"{transaction} is reversed by {posted.transaction['_id']}.")
