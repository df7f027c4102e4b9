"""What is looked at before every page of the console, and told on every one; entered by who knows it."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from ops.console import idle

View = Callable[..., HttpResponse]
# Answers in the place of a page; ``None``: the page may be shown.
Before = Callable[[HttpRequest], HttpResponse | None]
# Returns what the template of every page needs for it.
Told = Callable[[HttpRequest], Mapping[str, Any]]
_BEFORE: list[Before] = [idle.before]
_TOLD: list[Told] = []


def register(before: Before, told: Told) -> None:
    """Add something that is so for all pages of whoever looks.

    Args:
        before: is asked before each page, once it is known that staff look.
        told: gives what stands on each page; it reads nothing.
    """
    _BEFORE.append(before)
    _TOLD.append(told)


def unless(view: View) -> View:
    """Return the view; what is looked at before every page may answer in its place."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        for before in _BEFORE:
            if (answer := before(request)) is not None:
                return answer
        return view(request, *args, **kwargs)

    return inner


def told(request: HttpRequest) -> dict[str, Any]:
    """Return what the template of every page needs."""
    return {name: value for each in _TOLD for name, value in each(request).items()}
