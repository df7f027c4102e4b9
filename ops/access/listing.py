"""The rules of access, read page by page, newest first."""

from ops import paging
from ops.access.in_force import NAME
from ops.guarding import AccessList, RuleKind
from ops.models.access_rule import BY_KIND, BY_TIME
from ops.paging import Page, Part


def page(which: AccessList, part: Part, *, kind: RuleKind | None = None) -> Page:
    """Return a page of a list, with what has ended lately; ``kind``: only what is about such. One look."""
    query = {"list": str(which)} | ({"kind": str(kind)} if kind else {})
    return paging.read(NAME, BY_KIND if kind else BY_TIME, query, part)
