"""Who does something, with which rights, in which request."""

import getpass
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


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Actions and queries take this, never a user's document.

    ``address`` and ``user_agent`` are personal data: the audit log keeps them in its private part.
    ``in_console``: they came by the operators' console, so act for people and not as one of them.
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
        """Tell whether this is staff with a permission, for example ``ops.run_cleanup``; or ``ANY_STAFF``."""
        if self.kind != ActorKind.STAFF:
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
