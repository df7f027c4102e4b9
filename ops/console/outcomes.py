"""What became of each document that somebody acted on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

from ops import clock
from ops.actors import Actor
from ops.errors import DomainError
from ops.logs import logger
from ops.mongo.unit_of_work import CommitOutcomeUnknownError, UnitGaveUpError
from ops.web.problems import as_domain_error

D = TypeVar("D")
NOT_KNOWN = "The database did not say whether it was done: look before you repeat it."
log = logger(__name__)


class Result(StrEnum):
    """What can become of a document."""

    DONE = "done"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """One document's line.

    Attributes:
        sentence: why, or what else there is to say.
        is_put_off: it was not tried: the database was away, or others kept changing it until time was over.
    """

    document: Any
    result: Result
    sentence: str = ""
    is_put_off: bool = False


@dataclass(frozen=True)
class Outcomes:
    """One line for each chosen document, in their order."""

    lines: tuple[Outcome, ...]

    @classmethod
    def of(cls, chosen: Iterable[D], act: Callable[[D], object]) -> "Outcomes":
        """Act on each document once; what one of them refuses stops none of the others.

        Args:
            act: changes one document in a unit of work of its own; raises what it refuses.
        """
        return cls(tuple(_outcome(document, act) for document in chosen))

    @classmethod
    def of_action(
        cls, act: Callable[..., object], chosen: Iterable[Any], actor: Actor, reason: str
    ) -> "Outcomes":
        """Do what staff do by the id of a document: ``act(id, actor=…, now=…, reason=…)``, to each once."""
        return cls.of(chosen, lambda each: act(each.pk, actor=actor, now=clock.now(), reason=reason))

    def __iter__(self) -> Iterator[Outcome]:
        """Go through the lines."""
        return iter(self.lines)


def sentence_of(refusal: DomainError) -> str:
    """Return a refusal in words for staff, with what was missing."""
    missing = refusal.details.get("required") if isinstance(refusal.details, Mapping) else None
    return f"{refusal.message} Needed: {missing}." if missing else refusal.message


def refused(document: Any, error: Exception) -> Outcome:
    """Return the line of a document of which something was raised."""
    refusal = as_domain_error(error)
    is_put_off = refusal.status == HTTPStatus.SERVICE_UNAVAILABLE or isinstance(error, UnitGaveUpError)
    return Outcome(document, Result.REFUSED, sentence_of(refusal), is_put_off)


def _outcome(document: D, act: Callable[[D], object]) -> Outcome:
    try:
        act(document)
    except CommitOutcomeUnknownError as error:
        log.error("action's outcome unknown", cause=str(error))  # noqa: TRY400  # no defect: no traceback
        return Outcome(document, Result.UNKNOWN, NOT_KNOWN)
    except Exception as error:  # noqa: BLE001  # whatever it is, the other documents have their turn
        return refused(document, error)
    return Outcome(document, Result.DONE)
