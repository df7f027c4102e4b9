"""Mails of the outbox, as their readers will see them."""

import re
from typing import NamedTuple

from family_site.identity.tasks import answer_link_requests
from ops.outbox.rendering import rendered_mail
from ops.outbox.templates import NoLongerWantedError
from tests import commands
from tests.database import documents

TOKEN = re.compile(r"/auth/(?:verify-email|reset-password)\?token=([\w-]{43})")


class Mail(NamedTuple):
    """A mail."""

    to: str
    template: str
    subject: str
    text: str
    html: str

    @property
    def token(self) -> str:
        """The token of its link; text and HTML hold the same."""
        (token,) = set(TOKEN.findall(self.text))
        assert set(TOKEN.findall(self.html)) == {token}
        return str(token)


def mails(template: str | None = None) -> list[Mail]:
    """Return the mails that will be sent, the oldest first, after the jobs have queued what was asked for.

    ``template``: those of this kind.
    """
    answer_link_requests()
    queued = sorted(documents("email_outbox")["email_outbox"], key=lambda each: each["created_at"])
    found = []
    with commands.watched():
        for each in queued:
            if template in {None, each["template"]}:
                try:
                    shown = rendered_mail(each)
                except NoLongerWantedError:
                    continue
                found.append(Mail(each["to"], each["template"], shown.subject, shown.text, shown.html))
    return found


def mailed_token(template: str) -> str:
    """Return the token of the one mail of a kind."""
    (mail,) = mails(template)
    return mail.token
