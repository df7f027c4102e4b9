"""``manage.py operator_setup``: let the printed operator lines run as they stand, named and audited.

It lays a token of a member of staff into ``~/.netrc``, for this machine, and has curl look there. Whoever can
read that file can act as they do, from this machine, until the token expires or is revoked.

Source: HTTP contract, section 14 (HTTP Basic on operators' paths); design, section 8.
"""

import re
import stat
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from family_site.identity.actions import permanent_tokens
from family_site.identity.management import home as homes
from family_site.identity.management.home import NotOursError
from family_site.identity.management.operators import add_owner_and_span, make, member_of_staff
from ops import clock
from ops.actors import Actor, Scope
from ops.errors import NotFoundError

FOR = "30d"
MACHINES = ("localhost", "127.0.0.1")
SECRET_MODE, PLAIN_MODE = 0o600, 0o644
LOOK_THERE = "netrc-optional\n"
_TOKEN = re.compile(r"password (\S+)$", re.MULTILINE)
_BY_HAND = re.compile(rf"\bmachine\s+({'|'.join(re.escape(each) for each in MACHINES)})(?=\s|\Z)")


class Command(BaseCommand):
    help = "Let the printed operator lines with curl run as they stand, as a member of staff."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose token, for how long, and where."""
        add_owner_and_span(parser, FOR)
        parser.add_argument("--home", type=Path, default=None, metavar="DIR", help="default: your own")
        parser.add_argument("--remove", action="store_true", help="take the lines out, and revoke the token")

    def handle(
        self,
        *_args: Any,
        user: str | None,
        span: timedelta,
        home: Path | None,
        remove: bool,
        **_options: Any,
    ) -> None:
        """Lay the files, or take our lines out of them."""
        folder = home or Path.home()
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder. Nothing was changed.")
        netrc, curlrc = folder / ".netrc", folder / ".curlrc"
        try:
            secrets, settings = homes.read(netrc), homes.read(curlrc)
        except NotOursError as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        if remove:
            self._remove(netrc, secrets, curlrc, settings)
            return
        if found := _BY_HAND.search(homes.others(secrets)):
            raise CommandError(f"{netrc} has an entry for {found[1]} already. Nothing was changed.")
        owner = member_of_staff(user)
        made = make(owner, [Scope.ADMIN], span, "by operator_setup")
        entry = f"login {owner['username']} password {made.token}"
        entries = "".join(f"machine {each} {entry}\n" for each in MACHINES)
        try:
            homes.write(curlrc, homes.with_ours(settings, LOOK_THERE), mode=_mode(curlrc))
            homes.write(netrc, homes.with_ours(secrets, entries), mode=SECRET_MODE)
        except OSError as error:
            _revoke(made.token)
            raise CommandError(f"{error}. The new token is revoked.") from None
        _revoke(*_tokens(secrets))
        self.stdout.write(
            f"curl on this machine acts as {owner['username']} on operators' paths, until "
            f"{made.document['expires_at']:%Y-%m-%d %H:%M} UTC: {netrc}, {curlrc}. "
            "End it with `manage.py operator_setup --remove`."
        )

    def _remove(self, netrc: Path, secrets: str, curlrc: Path, settings: str) -> None:
        """Revoke first: where that fails, the lines are still there to do it again."""
        if not homes.ours(secrets) and not homes.ours(settings):
            self.stdout.write("There is nothing to remove.")
            return
        _revoke(*_tokens(secrets))
        homes.write(netrc, homes.others(secrets), mode=SECRET_MODE)
        homes.write(curlrc, homes.others(settings), mode=_mode(curlrc))
        self.stdout.write("The lines are out, and the token is revoked.")


def _tokens(secrets: str) -> list[str]:
    """Return the tokens that our lines hold, each once."""
    return list(dict.fromkeys(_TOKEN.findall(homes.ours(secrets))))


def _revoke(*tokens: str) -> None:
    for token in tokens:
        with suppress(NotFoundError):  # it is over already
            permanent_tokens.revoke_by_operator(token, actor=Actor.shell(), now=clock.now())


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else PLAIN_MODE
