"""Good texts of each format that the description names and only the product's rules decide."""

import string
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis
from hypothesis import strategies as st
from jsonschema import FormatChecker
from schemathesis.specs.openapi.formats import unregister_string_format

from family_site.identity import rules
from ops.web.described import FORMATS
from ops.web.docs import document
from ops.web.serializers import Rule

LONGEST = 40
BEGINNINGS = st.text(string.ascii_lowercase + string.digits, min_size=6, max_size=LONGEST)
# The standard's format; what is asked of it stands with the field in words.
PASSWORD = "password"
# What a password has beside its letters and digits; they alone could be like a username.
PASSWORD_ENDS = st.text("!#$%&*+-./:;=?@^_~ ÄßÆ€漢", min_size=4, max_size=LONGEST)


def formats() -> FormatChecker:
    """Return what tells whether a text has its format."""
    checker = FormatChecker(formats=())
    for name, rule in FORMATS.items():
        checker.checks(name)(lambda text, rule=rule: not isinstance(text, str) or rule(text) is None)
    checker.checks(PASSWORD)(lambda text: not isinstance(text, str) or not rules.weaknesses(text, ""))
    return checker


@contextmanager
def good_texts() -> Iterator[Callable[[], None]]:
    """Yield what teaches the explorer the formats of the description, with the examples it gives of them."""
    taught: dict[str, st.SearchStrategy[str]] = {}

    def teach() -> None:
        examples: dict[Any, set[str]] = defaultdict(set)
        for field in _fields(document()):
            examples[field.get("format")] |= set(field["examples"])
        taught.update({name: _good(rule, sorted(examples[name])) for name, rule in FORMATS.items()})
        taught[PASSWORD] = PASSWORD_ENDS.map("Zq7!{}".format)
        for name, texts in taught.items():
            schemathesis.openapi.format(name, texts)

    yield teach
    for name in taught:
        unregister_string_format(name)


@st.composite
def _good(draw: st.DrawFn, rule: Rule, examples: list[str]) -> str:
    """Draw any text that the rule takes, a longer example, or an example, whichever it takes first."""
    example = draw(st.sampled_from(examples))
    tried = draw(st.text(max_size=LONGEST)).strip(), draw(BEGINNINGS) + example
    return next((text for text in tried if rule(text) is None), example)


def _fields(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield node
        for each in node.values():
            yield from _fields(each)
    elif isinstance(node, list):
        for each in node:
            yield from _fields(each)
