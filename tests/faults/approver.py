"""A process that approves until it is killed: ``python -m tests.faults.approver DATABASE ADMIN NAME``.

It reads ``<family> <request>``, approves it until it is answered, and says what became of it.
"""

import sys

import django
from django.conf import settings

django.setup()

from django.db import connections  # noqa: E402  # needs the set-up

from families.actions import reviewing  # noqa: E402
from ops import clock  # noqa: E402
from tests.factories import Person  # noqa: E402
from tests.races import ended  # noqa: E402
from tokens.rules.requests import PURCHASE, TOKENS  # noqa: E402


def approve(admin: Person) -> None:
    """Approve what is read, line by line; ends with its input."""
    for words in sys.stdin:
        family_id, request_id = words.split()
        sort = TOKENS if request_id.startswith("req_") else PURCHASE

        def act() -> None:
            reviewing.approve(sort, family_id, request_id, actor=admin.actor, now=clock.now())  # noqa: B023  # at once

        sys.stdout.write(f"{request_id} {ended(act)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    connections["default"].settings_dict["NAME"] = sys.argv[1]
    approve(Person(sys.argv[2], sys.argv[3], "", "", ""))
