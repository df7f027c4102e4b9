"""What all acts of people have in common: one unit of work, who may, words, the event and the audit entry."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from ops import audit
from ops.actors import Actor, ActorKind
from ops.errors import FieldFault, NotFoundError, ValidationFailedError
from ops.incidents import records, seeing
from ops.incidents.errors import WrongStateError
from ops.incidents.kinds import State
from ops.maintenance import mode
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work

P = ParamSpec("P")
W = TypeVar("W", bound=StrEnum)
SHORTEST, LONGEST, LONGEST_LINE = 5, 2000, 300
MOST = 200  # follow-ups, links, updates: a document has an end
Act: TypeAlias = Callable[Concatenate[str, P], Document]


def act(body: Act[P]) -> Act[P]:
    """Make an act one unit of work; from the shell also during maintenance, which may be the remedy."""
    in_unit = unit_of_work()(body)

    def do(incident_id: str, *args: P.args, **kwargs: P.kwargs) -> Document:
        actor: Any = kwargs["actor"]
        if actor.kind != ActorKind.SHELL:
            return in_unit(incident_id, *args, **kwargs)
        with mode.exempt():
            return in_unit(incident_id, *args, **kwargs)

    return wraps(body)(do)  # type: ignore[return-value]  # of the wrapper's type only the name of the id differs


def seen(incident_id: str, actor: Actor) -> Document:
    """Return an incident that somebody may see.

    Raises:
        NotFoundError: there is none, or it is none of theirs.
    """
    incident = records.find(incident_id)
    if not seeing.may_see(actor, incident):
        raise NotFoundError
    return incident


def done(  # noqa: PLR0913  # an act is told by as many parts
    incident: Document,
    fields: Mapping[str, Any],
    kind: str,
    text: str,
    *,
    actor: Actor,
    now: datetime,
    action: str | None = None,
    after: Mapping[str, Any] | None = None,
    told: Sequence[str] = (),
    reason: str | None = None,
    private: Mapping[str, Any] | None = None,
) -> Document:
    """Write what an act changes, its event and its audit entry; returns the incident as it is then.

    Args:
        incident: as it was.
        fields: what changes.
        kind: of the event; the audit entry's action is ``incident.<kind>``, unless ``action`` says otherwise.
        text: of the event.
        actor: who did it.
        now: when.
        action: of the audit entry, without ``incident.``.
        after: what the audit log has of the change.
        told: names of fields that the audit log has as they were and as they are.
        reason: why.
        private: what somebody wrote.
    """
    found = records.change(incident["_id"], fields)
    records.note_event(incident["_id"], kind, text, by=actor.id, now=now)
    audit.record(
        actor,
        f"incident.{action or kind}",
        target=incident["_id"],
        now=now,
        before={name: incident[name] for name in told},
        after={**{name: found[name] for name in told}, **(after or {})},
        reason=reason,
        private=private,
    )
    return found


def text_of(sent: str, field: str = "text", shortest: int = SHORTEST, longest: int = LONGEST) -> str:
    """Return a text as it is kept: without white space at its ends.

    Raises:
        ValidationFailedError: it is too short, or too long.
    """
    text = sent.replace("\r\n", "\n").strip()
    if any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in text):
        raise fault(field, "invalid_format", "It holds control characters.")
    if shortest <= len(text) <= longest:
        return text
    code = "too_short" if len(text) < shortest else "too_long"
    raise fault(field, code, f"{shortest} to {longest} characters are needed.")


def word_of(words: type[W], sent: str, field: str) -> W:
    """Return the word that was sent.

    Raises:
        ValidationFailedError: it is none of them.
    """
    if sent not in list(words):
        raise fault(field, "invalid_choice", f"Possible: {', '.join(words)}.")
    return words(sent)


def day_of(sent: str | date, field: str) -> str:
    """Return a day in ISO 8601.

    Raises:
        ValidationFailedError: it is none.
    """
    try:
        return date.fromisoformat(str(sent)).isoformat()
    except ValueError:
        raise fault(field, "invalid_format", "A day is written YYYY-MM-DD.") from None


def refuse_more(there: Sequence[Any], field: str) -> None:
    """See to it that a list has room.

    Raises:
        ValidationFailedError: it has none.
    """
    if len(there) >= MOST:
        raise fault(field, "not_allowed", f"At most {MOST} of these are kept with an incident.")


def refuse_resolved(incident: Document) -> None:
    """See to it that it is not resolved.

    Raises:
        WrongStateError: it is.
    """
    if incident["state"] == State.RESOLVED:
        raise WrongStateError("The incident is resolved; reopen it first.")


def fault(field: str, code: str, message: str) -> ValidationFailedError:
    """Return the refusal of a field."""
    return ValidationFailedError([FieldFault(field, code, message)])
