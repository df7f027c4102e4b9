"""``manage.py seed_demo``: people and families to look at; part of ``make run``."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from families import queries as families
from families.actions import founding, members
from family_site.identity import queries as identity
from family_site.identity.actions import passwords, registration
from ops import clock
from ops.actors import Actor, ActorKind
from tokens import queries as tokens
from tokens.actions import issuing
from tokens.rules import account_name_of

STAFF = "operator"
FAMILIES = {"The Larks": ("ada", "ben", "cleo"), "Harbour House": ("dara", "ada", "eli")}
# The runbook tries `validate-spending` with this user and this account.
RUNBOOK_USER = "test"
PERSONS_TOKENS, FAMILYS_TOKENS = 500, 900
DOMAIN = "example.com"


class Command(BaseCommand):
    help = "Make the demo's people and families, once; print their sign-ins each time."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make what is missing, then print."""
        if settings.PRODUCTION:
            raise CommandError("The demo's people have no place in production.")
        kept = SignIns(settings.VAR_DIR / "demo-sign-ins")
        people = dict.fromkeys(
            [STAFF, *(name for family in FAMILIES.values() for name in family), RUNBOOK_USER]
        )
        ids = {username: _user(username, kept) for username in people}
        for name, (founder, *others) in FAMILIES.items():
            _family(name, founder, others, ids)
        _tokens()
        for username in people:
            role = "staff" if username == STAFF else "user"
            self.stdout.write(f"demo sign-in: {username:10} {kept.password_of(username)}  ({role})")


class SignIns:
    """The passwords that were made up, kept for the owner of the directory alone."""

    def __init__(self, path: Path) -> None:
        """Read what is there."""
        self._path = path
        self._passwords: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def password_of(self, username: str) -> str | None:
        """Return what was made up for this name; ``None``: nothing yet."""
        return self._passwords.get(username)

    def make_up(self, username: str) -> str:
        """Make a password up, and keep it."""
        self._passwords[username] = f"{secrets.token_urlsafe(12)}-aA1"
        draft = self._path.with_suffix(".draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._passwords, file)
        draft.replace(self._path)
        return self._passwords[username]


def _user(username: str, kept: SignIns) -> str:
    """Return the id of a user who can sign in with the kept password; makes what is missing."""
    actor, now = Actor.shell(), clock.now()
    user = identity.user_by_identifier(username)
    if user is None:
        user = registration.register(
            username,
            f"{username}@{DOMAIN}",
            kept.make_up(username),
            actor=actor,
            now=now,
            user_id=username if username == RUNBOOK_USER else None,
            is_staff=username == STAFF,
            is_superuser=username == STAFF,
        )
    elif kept.password_of(username) is None:
        passwords.set_password(user["_id"], kept.make_up(username), actor=actor, now=now)
    return str(user["_id"])


def _family(name: str, founder: str, others: list[str], ids: dict[str, str]) -> None:
    actor, now = Actor(ActorKind.USER, ids[founder], founder), clock.now()
    if any(family["name"] == name for family in families.my_families(actor)):
        return
    family = founding.found(name, actor=actor, now=now)
    for username in others:
        members.join(family["_id"], ids[username], actor=actor, now=clock.now())


def _tokens() -> None:
    """Give each person and each family some tokens, once: the issuance's id says for whom it was."""
    people = {*(name for family in FAMILIES.values() for name in family), RUNBOOK_USER}
    wanted = dict.fromkeys(sorted(people), PERSONS_TOKENS)
    wanted |= {account_name_of(family): FAMILYS_TOKENS for family in FAMILIES}
    for username, amount in wanted.items():
        account, issuance_id = tokens.account_by_name(username), f"iss_demo_{username}"
        if account is not None and tokens.issuance_by_id(issuance_id) is None:
            issuing.issue(
                account["_id"],
                amount,
                actor=Actor.shell(),
                now=clock.now(),
                reason="Tokens to begin with",
                issuance_id=issuance_id,
            )
