"""A report in the forms in which it is given: page, JSON and feed, each made when it is first asked for."""

import base64
import hashlib
from functools import cached_property
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ops.mongo.collections import Document
from ops.status import feed, picture
from ops.status.states import State
from ops.web.json import dumps

LOOK, PAGE_LOOK, ICON = "site/look.css", "site/page.css", "site/icon.svg"
# The heading of the whole, and the word for a part.
HEADINGS = {
    State.OPERATIONAL: "Everything works",
    State.DEGRADED: "Some of it does not work as it should",
    State.DOWN: "The service is down",
    State.MAINTENANCE: "The service is being maintained",
    State.UNKNOWN: "How it is cannot be seen right now",
}
WORDS = {
    State.OPERATIONAL: "works",
    State.DEGRADED: "degraded",
    State.DOWN: "down",
    State.MAINTENANCE: "maintenance",
    State.UNKNOWN: "unknown",
}


class Edition:
    """A report, to be given out."""

    def __init__(self, report: Document) -> None:
        """Take it."""
        self.report = report

    @cached_property
    def page(self) -> bytes:
        """The page, with the style that the web process serves."""
        return self._rendered({})

    @cached_property
    def copy(self) -> bytes:
        """The page, with everything in it: for when nobody serves anything else."""
        style = "".join(_text(name) for name in (LOOK, PAGE_LOOK))
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        icon = base64.b64encode(_text(ICON).encode()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'"
        # Ours, and nothing in it ends the element: it is no text to be escaped.
        inlined = {"style": SafeString(style), "icon": f"data:image/svg+xml;base64,{icon}", "policy": policy}
        return self._rendered({**inlined, "is_copy": True})

    @cached_property
    def json(self) -> bytes:
        """The document for programs."""
        return dumps(self.report)

    @cached_property
    def feed(self) -> bytes:
        """The feed."""
        return feed.made(self.report)

    def _rendered(self, more: dict[str, Any]) -> bytes:
        report = self.report
        parts = [
            {**each, "word": WORDS[State(each["state"])], "picture": picture.drawn(each, report["as_of"])}
            for each in report["components"]
        ]
        drawing = {"step": picture.STEP, "wide": picture.WIDE, "high": picture.HIGH}
        context = {**report, "components": parts, "heading": HEADINGS[State(report["state"])], **drawing}
        return render_to_string("pages/status.html", {**context, **more}).encode()


def _text(name: str) -> str:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(name)
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  # a name as Django gives it
        return file.read()
