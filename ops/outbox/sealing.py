"""What a mail must say and nobody may read in the outbox: it waits there sealed, and goes once it was sent.

Not for what can be derived when the mail is rendered, as links are. Source: design, section 6.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings

from ops import sealed
from ops.mongo.collections import Document
from ops.outbox.templates import Context

NAME = "sealed"
BLANKED: Mapping[str, Any] = {"$unset": {f"context.{NAME}": ""}}


def closed(secrets: Mapping[str, str], *, key: str) -> Context:
    """Return secrets as a part of a mail's context; ``key``: the mail's, for which alone they are opened."""
    return {NAME: sealed.seal(orjson.dumps(secrets).decode(), purpose=_purpose(key))} if secrets else {}


def facts_by(mail: Document) -> Context:
    """Return the context by which a mail is rendered: with its secrets, unless they are gone by now."""
    context = bare(mail["context"])
    secrets = mail["context"].get(NAME)
    found = secrets and sealed.opened(secrets, purpose=_purpose(mail["key"]))
    return {**context, **orjson.loads(found)} if found else context


def bare(context: Context) -> Context:
    """Return a context without what is sealed."""
    return {name: value for name, value in context.items() if name != NAME}


def blanked_when_sent() -> Mapping[str, Any]:
    """Return the change that takes the secrets of a sent mail away.

    Where the demo's inbox is the only mailbox there is, the mail lies nowhere but in the outbox.
    """
    return {} if settings.MAIL_INBOX else BLANKED


def _purpose(key: str) -> str:
    return f"mail:{key}"
