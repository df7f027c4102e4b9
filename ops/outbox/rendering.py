"""A mail as it is sent: a subject of one line, the plain text, the same as HTML.

Rendered afresh at each attempt, since links are derived here and kept nowhere.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings
from django.template import Context, engines

from ops.mongo.collections import Document
from ops.outbox import sealing, templates
from ops.outbox.templates import Facts, Template

LONGEST_SUBJECT = 200
PRODUCT = "Family Management System"


class UnusableAddressError(Exception):
    """No mail can be addressed so."""


@dataclass(frozen=True)
class Rendered:
    """What the reader sees of a mail."""

    subject: str
    text: str
    html: str


def rendered(template: Template, facts: Facts) -> Rendered:
    """Fill a template."""
    subject = one_line(template.subject.format(**facts))
    known = {"product": PRODUCT, "site": settings.PUBLIC_URL, **facts, "subject": subject}
    return Rendered(
        subject=subject,
        text=_in_paragraphs(_filled(f"email/{template.name}.txt", known, autoescape=False)),
        html=_filled(f"email/{template.name}.html", known, autoescape=True).strip() + "\n",
    )


def rendered_mail(mail: Document) -> Rendered:
    """Fill the template of a mail of the outbox from what its facts are now.

    Raises:
        NoLongerWantedError: what it tells of is over.
        KeyError: there is no such template.
    """
    template = templates.named(mail["template"])
    return rendered(template, template.facts(sealing.facts_by(mail)))


def message(mail: Document, content: Rendered, *, now: datetime) -> EmailMessage:
    """Return the message for the mail server.

    Args:
        mail: of the outbox; its Message-ID is the same at every attempt.
        content: its rendered parts.
        now: time of this attempt.

    Raises:
        UnusableAddressError: the address cannot stand in a header.
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = _address(*parseaddr(settings.MAIL_FROM))
    made["To"] = _address("", mail["to"])
    made["Subject"] = content.subject
    made["Date"] = format_datetime(now)
    made["Message-ID"] = mail["message_id"]
    made["Auto-Submitted"] = "auto-generated"
    if mail.get("request_id"):
        made["X-Request-ID"] = mail["request_id"]
    # Seven bits and short lines: every server on the way takes it as it is.
    made.set_content(content.text, cte="quoted-printable")
    made.add_alternative(content.html, subtype="html", cte="quoted-printable")
    return made


def one_line(text: str) -> str:
    """Return a text without anything that could begin another header or turn the line around."""
    shown = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in text)
    return " ".join(shown.split())[:LONGEST_SUBJECT]


def _in_paragraphs(text: str) -> str:
    """Leave one empty line where blocks of templates left several."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _filled(name: str, facts: Mapping[str, Any], *, autoescape: bool) -> str:
    engine: Any = engines["django"]
    filled: str = engine.engine.get_template(name).render(Context(dict(facts), autoescape=autoescape))
    return filled


def _address(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    if not local or not domain or not address.isprintable() or " " in domain:
        raise UnusableAddressError
    return Address(one_line(name), local, domain)
