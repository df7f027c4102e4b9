"""How incidents read in the console: badges, clocks, links to what is named."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ops.console import references
from ops.console.showing import NOTHING
from ops.doctor.fixes import registry
from ops.health_console import links
from ops.incidents import clocks
from ops.mongo.collections import Document

FIX, CHECK = "fix:", "doctor"
CODE = re.compile(r"`([^`]+)`")
AUDIT_ENTRY = "aud_"


def severity(incident: Document) -> SafeString:
    """Return how bad it is, to be seen and read."""
    return format_html(
        '<span class="result {}">{}</span>', incident["severity"], incident["severity"].upper()
    )


def state(incident: Document) -> SafeString:
    """Return how far it is."""
    return format_html('<span class="result {}">{}</span>', incident["state"], incident["state"])


def due(incident: Document, now: datetime) -> SafeString:
    """Return its clocks, those that are late marked."""
    running = ((_late(each.is_late), each.words) for each in clocks.running(incident, now))
    return format_html_join(SafeString("<br>"), '<span class="due{}">{}</span>', running) or SafeString(
        NOTHING
    )


def age(incident: Document, now: datetime) -> str:
    """Return how long it was open, or is."""
    return clocks.span((incident["resolved_at"] or now) - incident["opened_at"])


def link(incident: Document) -> SafeString:
    """Return its title, which leads to its page."""
    address = reverse("admin:incident", args=(incident["_id"],))
    return format_html('<a class="titled" href="{}">{}</a>', address, incident["title"])


def overdue(follow_up: Document) -> SafeString:
    """Return the day of a follow-up that is over."""
    return format_html('<span class="due late">{} overdue</span>', follow_up["due"])


def act(incident: Document, name: str, words: str, of: str = "") -> SafeString:
    """Return a link to an act about an incident; ``of``: what is chosen there at first."""
    address = reverse("admin:incident_act", args=(incident["_id"], name), query={"of": of} if of else None)
    return format_html('<a href="{}">{}</a>', address, words)


def person(who: str | None, resolved: Mapping[str, str]) -> str:
    """Return who it was, as a link where there is a page of them."""
    return resolved.get(who, who) if who else NOTHING


def support(text: str) -> SafeString:
    """Return what helps, with its commands to be copied; what has a page leads there."""
    return format_html_join("", "{}", ((each,) for each in _parts(text)))


def proof(target: str | None) -> str:
    """Return what evidence can be looked up by, as a link where it has a page."""
    if not target:
        return ""
    if target == CHECK:
        return format_html('<a href="{}">health</a>', reverse("admin:health"))
    if target.startswith(AUDIT_ENTRY):
        return references.link("ops.auditentry", target, "audit entry")
    if target.startswith(("/", "https://", "http://")) and not target.endswith(".tar.gz"):
        return format_html('<a href="{}">{}</a>', target, target)
    return format_html("<code>{}</code>", target)


def _parts(text: str) -> list[str]:
    told = CODE.split(text)
    return [_code(each) if number % 2 else format_html("{}", each) for number, each in enumerate(told)]


def _code(words: str) -> str:
    name = words.removeprefix(FIX)
    if name != words and registry.find(name):
        return format_html('<a href="{}"><code>{}</code></a>', links.fix(name), words)
    return format_html("<code>{}</code>", words)


def _late(is_late: bool) -> str:  # noqa: FBT001  # a word for it
    return " late" if is_late else ""
