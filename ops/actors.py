"""Who does something, with which rights, in which request."""

import getpass
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

# Stands among permissions for all of them; a superuser has it.
EVERYTHING = "*"
# What is asked for where any member of staff may come in, whatever their permissions.
ANY_STAFF = "staff"


class ActorKind(StrEnum):
    """What sort of actor it is."""

    USER = "user"
    STAFF = "staff"
    SYSTEM = "system"
    SHELL = "shell"
    ANONYMOUS = "anonymous"


class SecondFactor(StrEnum):
    """How it is with an actor's second factor. Source: HTTP contract, section 1.2."""

    ABSENT = "absent"  # there is none, and none is asked for
    MISSING = "missing"  # there is none, though a member of staff must have one
    NOT_SHOWN = "not_shown"  # there is one, and this sign-in began without it
    SHOWN = "shown"


class Scope(StrEnum):
    """What a permanent token may be good for. Source: HTTP contract, section 11 (scopes)."""

    READ = "read"
    FAMILIES = "families"
    TOKENS = "tokens"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Actions and queries take this, never a user's document.

    ``address`` and ``user_agent`` are personal data: the audit log keeps them in its private part.
    ``in_console``: they came by the operators' console, so act for people and not as one of them.
    ``scopes``: of the permanent token they came with, ``token_id`` its id; ``None``: they came with none.
    ``confirmation``: confirms, as part of a change, that it is they who want it; ``None``: nothing does.
    """

    kind: ActorKind
    id: str
    name: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    session_id: str | None = None
    request_id: str | None = None
    address: str | None = None
    user_agent: str | None = None
    in_console: bool = False
    second_factor: SecondFactor = SecondFactor.ABSENT
    scopes: frozenset[Scope] | None = None
    token_id: str | None = None
    confirmation: Callable[[], bool] | None = field(default=None, compare=False, repr=False)

    @property
    def has_second_factor(self) -> bool:
        """Whether there is a second factor to ask for."""
        return self.second_factor in {SecondFactor.SHOWN, SecondFactor.NOT_SHOWN}

    @property
    def is_trusted(self) -> bool:
        """Whether nothing is left to be shown by who acts as staff."""
        return self.second_factor in {SecondFactor.ABSENT, SecondFactor.SHOWN}

    @property
    def acts_as_staff(self) -> bool:
        """Whether people are told of the support, and not of a name: from the console, the shell or a job."""
        return self.in_console or not self.is_person

    @property
    def is_person(self) -> bool:
        """Whether it is a user, and no job, command or nobody."""
        return self.kind in {ActorKind.USER, ActorKind.STAFF}

    @property
    def user_id(self) -> str:
        """The user's id; only people have one."""
        if not self.is_person:
            msg = f"{self.kind} is not a person"
            raise TypeError(msg)
        return self.id

    def may(self, permission: str) -> bool:
        """Tell whether this is staff with a permission, for example ``ops.run_cleanup``; or ``ANY_STAFF``.

        Whoever has still to show a second factor, or to set one up, may nothing; and a permanent token only
        opens what is staff's if it was made for that.
        """
        if self.kind != ActorKind.STAFF or not self.is_trusted:
            return False
        if self.scopes is not None and Scope.ADMIN not in self.scopes:
            return False
        return permission == ANY_STAFF or not self.permissions.isdisjoint({permission, EVERYTHING})

    @classmethod
    def system(cls, name: str) -> "Actor":
        """Return the actor of a job, for example ``system:beat``."""
        return cls(ActorKind.SYSTEM, f"system:{name}", name)

    @classmethod
    def shell(cls) -> "Actor":
        """Return the actor of a ``manage.py`` command: ``shell:<login>``. Source: design, section 8."""
        login = getpass.getuser()
        return cls(ActorKind.SHELL, f"shell:{login}", login)
