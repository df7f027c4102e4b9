"""A fix, and what it needs to be told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from ops.actors import Actor
from ops.errors import DomainError

# What was typed: ``--opid 7`` as ``{"opid": "7"}``.
Given: TypeAlias = Mapping[str, str]
Lines: TypeAlias = tuple[str, ...]


class CannotMendError(DomainError):
    """A fix refuses, or what it needs is away."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that a fix must be told, or may be told.

    Attributes:
        name: ``opid`` for ``--opid``.
        help: for people, one line.
        required: there is no fix without it.
    """

    name: str
    help: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing that doctor can mend.

    Attributes:
        name: as in ``fix:<name>`` of the runbook.
        section: of the runbook.
        title: what it does, an imperative sentence.
        danger: what it can break, one sentence.
        plan: what applying it would do here and now, a line each; none: there is nothing to mend. Changes
            nothing. Raises ``DomainError`` for what it refuses, such as an operation of MongoDB's own.
        apply: does it, audited with its reason, and returns what was done, a line each; none: there was
            nothing to mend. Safe to run twice. Raises as ``plan``.
        options: what it must or may be told.
        mends: names of checks whose findings it ends.
        needs_reason: it is not applied unless somebody says why.
        permission: what staff must have to apply it in the console; a shell on the machine may all of them.
    """

    name: str
    section: int
    title: str
    danger: str
    plan: Callable[[Given, datetime], Lines]
    apply: Callable[[Given, Actor, str | None, datetime], Lines]
    options: tuple[Option, ...] = ()
    mends: tuple[str, ...] = ()
    needs_reason: bool = False
    permission: str = "ops.apply_fixes"
