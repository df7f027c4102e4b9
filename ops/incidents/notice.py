"""The text of the notice to the authority: what it must hold, filled with what is known.

Source: GDPR, article 33, paragraphs 1 and 3; runbook inventory, C35. A person sends it, and answers for it.
"""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from ops.mongo.collections import Document

OPEN = "(to be written)"
SCOPE = "`manage.py breach_scope` names them"


def template(incident: Document, now: datetime) -> str:
    """Return the text in Markdown; one that somebody has written already is returned as it is.

    Raises:
        ValueError: of such an incident nobody is told.
    """
    notice = incident["notice"]
    if notice is None:
        msg = f"{incident['_id']}: only of a security incident a notice is sent"
        raise ValueError(msg)
    if notice["text"]:
        return str(notice["text"])
    parts = [
        ["# Notice of a personal data breach", "", *_clock(incident, now)],
        ["## (a) What happened", "", *_nature(incident)],
        ["## (b) Whom to ask", "", *_contact()],
        ["## (c) What is likely to follow for the persons", "", OPEN],
        ["## (d) What was done, and what is proposed", "", *_measures(incident)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _clock(incident: Document, now: datetime) -> Iterator[str]:
    notice = incident["notice"]
    yield f"- Incident: {incident['_id']}, opened {_moment(incident['opened_at'])}"
    yield f"- Known since: {_moment(notice['known_at'])}"
    yield f"- Due: {_moment(notice['due_at'])}, 72 hours after that"
    if now > notice["due_at"]:
        yield f"- Reasons for the delay: {OPEN}"
    yield "- What is not known yet follows in phases; this notice does not wait for it."


def _nature(incident: Document) -> Iterator[str]:
    impact = incident["impact"] or {}
    yield f"- Nature (confidentiality, integrity, availability): {OPEN}"
    yield f"- Categories of persons: members of families, {OPEN}"
    yield f"- Number of persons, about: {_number(impact.get('users'))}; {SCOPE}"
    yield f"- Number of families, about: {_number(impact.get('families'))}"
    yield f"- Categories of records (names, addresses, accounts of tokens): {OPEN}; {SCOPE}, field by field"
    yield f"- Number of records, about: {OPEN}"


def _contact() -> Iterator[str]:
    for title, name in (("Data protection", "legal"), ("Security", "security_team")):
        yield f"- {title}: {settings.CONTACTS[name] or OPEN}"


def _measures(incident: Document) -> Iterator[str]:
    yield f"- To contain it: {OPEN}"
    yield f"- Persons were told (article 34): {OPEN}"
    for each in incident["follow_ups"]:
        done = f"done {_moment(each['done_at'])}" if each["done_at"] else f"due {each['due']}"
        yield f"- {each['what']}: {done}"


def _number(value: object) -> str:
    return str(value) if isinstance(value, int) else OPEN


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
