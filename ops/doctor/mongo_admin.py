"""Asking MongoDB about itself, by the product's own connection and with its login."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from pymongo.errors import OperationFailure
from pymongo.read_preferences import ReadPreference

from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts

Answer: TypeAlias = dict[str, Any]

UNAUTHORIZED = 13
ROLES = 'mongosh --quiet --eval "db.runCommand({connectionStatus: 1}).authInfo"'


def asked(where: Whereabouts, command: Mapping[str, Any], *, of_any: bool = False) -> Answer | Finding:
    """Return what the server answers to a command, or the finding of a check that could not look.

    Args:
        where: what is looked at.
        command: one that changes nothing.
        of_any: a secondary may answer where there is no primary.
    """
    answer = ask(where, lambda: _answer(command, of_any=of_any))
    if answer is not None:
        return answer
    cause = "the product's login lacks the role clusterMonitor"
    return Finding(Result.COULD_NOT_LOOK, ("MongoDB does not tell",), cause, ROLES)


def _answer(command: Mapping[str, Any], *, of_any: bool) -> Answer | None:
    from django.db import connections  # noqa: PLC0415  # only when Django is set up

    from ops.mongo.breaker import breaker  # noqa: PLC0415  # likewise

    connection: Any = connections["default"]
    breaker.check()
    connection.ensure_connection()
    who = ReadPreference.PRIMARY_PREFERRED if of_any else ReadPreference.PRIMARY
    try:
        answer: Answer = connection.connection.admin.command(dict(command), read_preference=who)
    except OperationFailure as error:
        if error.code == UNAUTHORIZED:
            return None
        raise
    return answer
