"""``manage.py operator_token --for 10m``: a short-lived token for a member of staff, for this machine.

The token stands alone on the standard output, and what it is on the other one:
``TOKEN=$(manage.py operator_token --for 10m)``.
"""

import json
from datetime import UTC, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from family_site.identity.management.operators import add_owner_and_span, make, member_of_staff
from ops.actors import Scope

FOR = "10m"


class Command(BaseCommand):
    help = "Print a short-lived token of a member of staff, good on this machine only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose, for how long and for what."""
        add_owner_and_span(parser, FOR)
        parser.add_argument(
            "--scope",
            dest="scopes",
            action="append",
            choices=[str(each) for each in Scope],
            help="what it opens, once or several times; default: read",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="print all of it as JSON")

    def handle(
        self,
        *_args: Any,
        user: str | None,
        span: timedelta,
        scopes: list[str] | None,
        as_json: bool,
        **_options: Any,
    ) -> None:
        """Make it, and print it."""
        owner = member_of_staff(user)
        wanted = sorted({Scope(each) for each in scopes or [Scope.READ]})
        made = make(owner, wanted, span, "by operator_token")
        told = {
            "token_id": made.document["_id"],
            "user": owner["username"],
            "scopes": made.document["scopes"],
            "ip_restrictions": made.document["ip_restrictions"],
            "expires_at": made.document["expires_at"].astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }
        if as_json:
            self.stdout.write(json.dumps({"token": made.token, **told}))
            return
        self.stdout.write(made.token)
        self.stderr.write(
            f"{told['token_id']}, of {told['user']}, for {', '.join(told['scopes'])}, from this machine, "
            f"until {told['expires_at']}. Whoever sees it can use it here until then."
        )
