"""The query parameter ``status``, which may also be sent as ``status_filter``.

Source: HTTP contract, section 1.3 (filters).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from ops.errors import DomainError, FieldFault

NAMES = ("status", "status_filter")


class InvalidStatusFilterError(DomainError):
    """The status that is filtered by does not exist, or was said twice and differently."""

    code = "INVALID_STATUS_FILTER"
    meaning = "There is no such status to filter by; details lists those there are."

    def __init__(self, fault: FieldFault) -> None:
        """Name the parameter."""
        super().__init__(fault.message, details=[fault._asdict()])


def parameters(possible: Iterable[str]) -> list[OpenApiParameter]:
    """Describe both names of the parameter."""
    schema: dict[str, Any] = {"type": "string", "enum": [str(each) for each in possible]}
    return [OpenApiParameter(name, schema, description="Only those of this status.") for name in NAMES]


def status(request: Request, possible: Sequence[str]) -> str | None:
    """Return the status to filter by; ``None``: all.

    Raises:
        InvalidStatusFilterError: there is no such status, or both names were sent and differ.
    """
    sent = {name: request.query_params[name] for name in NAMES if name in request.query_params}
    for name, value in sent.items():
        if value not in possible:
            message = f"Possible: {', '.join(possible)}."
            raise InvalidStatusFilterError(FieldFault(f"query.{name}", "invalid_choice", message))
    if len(set(sent.values())) > 1:
        message = "status and status_filter say different things."
        raise InvalidStatusFilterError(FieldFault("query.status_filter", "not_allowed", message))
    return next(iter(sent.values()), None)
