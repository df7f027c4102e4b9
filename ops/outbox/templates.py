"""What can be mailed: each template's name, its subject, and where its facts come from.

A template ``name`` is the pair ``templates/email/<name>.txt`` and ``.html``. Apps register theirs in
``apps.py``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Context: TypeAlias = Mapping[str, str]
Facts: TypeAlias = Mapping[str, Any]
# How the fault of a mail begins that was not sent since nobody wants it any more: no person need look at it.
NO_LONGER_WANTED = "no longer wanted"


class NoLongerWantedError(Exception):
    """What the mail tells of is over, so it is not sent; its text says why, for the console."""


@dataclass(frozen=True)
class Template:
    """One kind of mail.

    Attributes:
        name: of its files.
        subject: with ``{names}`` of facts.
        facts: returns what subject and files show, read afresh at each rendering from the ids that were
            queued; links are derived here. May raise ``NoLongerWantedError``.
        sample: facts for the preview in the console; every link in it is a dummy.
        delivered: called once the mail was handed over, with what was queued; maybe more than once, since
            delivery is. Nothing it raises undoes that the mail is sent.
    """

    name: str
    subject: str
    facts: Callable[[Context], Facts]
    sample: Facts
    delivered: Callable[[Context], None] | None = None


_templates: dict[str, Template] = {}


def register(template: Template) -> None:
    """Enter a template; called by an app when it is ready."""
    _templates[template.name] = template


def named(name: str) -> Template:
    """Return a template.

    Raises:
        KeyError: there is none of this name.
    """
    return _templates[name]


def every() -> list[Template]:
    """Return all templates by name."""
    return sorted(_templates.values(), key=lambda each: each.name)
