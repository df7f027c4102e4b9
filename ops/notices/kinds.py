"""The types of notices: their words, and by which ways they reach people."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Way(StrEnum):
    """A way by which a notice reaches somebody."""

    IN_APP = "in_app"
    EMAIL = "email"


class Use(NamedTuple):
    """Whether a type goes a way unless somebody prefers otherwise; ``fixed``: whatever anybody prefers."""

    default: bool
    fixed: bool


@dataclass(frozen=True)
class NoticeType:
    """One kind of notice; ``title`` and ``message`` are filled from a notice's data.

    Attributes:
        fixed: it cannot be switched off, neither in the app nor by mail.
        mailed: there is a mail unless somebody prefers otherwise.
        own_mail: this mail is a template of its own, and whoever tells queues it.
        fixed_mail: this mail leaves whatever its reader prefers, as all do of a fixed type.
    """

    name: str
    title: str
    message: str
    fixed: bool = False
    mailed: bool = False
    own_mail: bool = False
    fixed_mail: bool = False

    @property
    def ways(self) -> Mapping[Way, Use]:
        """How it goes each way."""
        return {
            Way.IN_APP: Use(default=True, fixed=self.fixed),
            Way.EMAIL: Use(default=self.mailed, fixed=self.fixed or self.fixed_mail),
        }

    def words(self, data: Mapping[str, str]) -> tuple[str, str]:
        """Return title and message of a notice.

        Raises:
            KeyError: the data lacks what they need.
        """
        return self.title.format(**data), self.message.format(**data)


_types: dict[str, NoticeType] = {}


def register(kind: NoticeType) -> None:
    """Enter a type; called by an app when it is ready."""
    _types[kind.name] = kind


def registered() -> list[NoticeType]:
    """Return all types by name."""
    return sorted(_types.values(), key=lambda each: each.name)


def named(name: str) -> NoticeType:
    """Return a type.

    Raises:
        KeyError: there is none of this name.
    """
    return _types[name]


def words(name: str, data: Mapping[str, str]) -> tuple[str, str]:
    """Return title and message of a notice.

    Raises:
        KeyError: there is no such type, or the data lacks what its words need.
    """
    return named(name).words(data)
