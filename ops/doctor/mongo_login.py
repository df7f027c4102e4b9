"""Who the service is at MongoDB, and whether that login may read and write what is the product's."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pymongo import MongoClient

from ops.doctor import mongo_probe
from ops.doctor.whereabouts import Whereabouts

NEEDED = frozenset({"find", "insert", "update", "remove"})


class Login(NamedTuple):
    """A login.

    Attributes:
        user: ``None``: there is none.
        roles: their names.
        lacks: what it may not do with the product's database.
    """

    user: str | None
    roles: Sequence[str]
    lacks: Sequence[str]

    def __str__(self) -> str:
        """Return it for people."""
        if self.user is None:
            return "without a login"
        return f"as {self.user} with {', '.join(self.roles) or 'no role'}"


def login_of(client: MongoClient[dict[str, Any]], where: Whereabouts) -> Login:
    """Ask who this client is."""
    told = client.admin.command("connectionStatus", showPrivileges=True)["authInfo"]
    users = told["authenticatedUsers"]
    if not users:
        return Login(None, (), ())
    allowed = _allowed(told.get("authenticatedUserPrivileges", []), mongo_probe.database_of(where))
    roles = sorted({str(each["role"]) for each in told["authenticatedUserRoles"]})
    return Login(str(users[0]["user"]), roles, sorted(NEEDED - allowed))


def _allowed(privileges: Sequence[Mapping[str, Any]], database: str) -> set[str]:
    """Return what may be done with every collection of a database."""
    allowed: set[str] = set()
    for each in privileges:
        resource = each["resource"]
        of_all = resource.get("anyResource") or resource.get("db") in {"", database}
        if of_all and not resource.get("collection"):
            allowed.update(each["actions"])
    return allowed
