"""How a run acts: as its page does by hand, in the name of who started it, with the rights they have now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model

from ops import clock
from ops.access import in_force
from ops.actors import Actor, SecondFactor
from ops.console import outcomes
from ops.console.actions import ConfirmedAction
from ops.console.outcomes import Outcome, Result
from ops.console.pages import ConsoleAdmin
from ops.errors import NotFoundError
from ops.mongo.collections import Document
from ops.runs import records
from ops.runs.holding import Line
from ops.runs.working import LostRightsError, PutOffError

WELL = frozenset({Result.DONE, Result.UNCHANGED})


def prepare(run: Document, ids: Sequence[str]) -> "Acting":
    """Return what acts on some documents of a run, after a look at who started it.

    Raises:
        LostRightsError: they may not do it any more, or there is no such action any more.
    """
    page, action = page_of(run), action_of(run)
    if page is None or action is None:
        raise LostRightsError("The console has no such action any more.")
    actor = _actor(run, page, action)
    found = page.chosen(ids)
    form = action.asks(run["said"], chosen=list(found.values()))
    if not form.is_valid():
        raise LostRightsError("What was said at its start cannot be taken any more.")
    return Acting(page, action, actor, found, form.cleaned_data)


def page_of(run: Document) -> ConsoleAdmin[Any] | None:
    """Return the page whose action a run does; ``None``: there is none any more."""
    found = (page for model, page in admin.site._registry.items() if model._meta.label_lower == run["page"])  # noqa: SLF001  # Django has no other way
    page = next(found, None)
    return page if isinstance(page, ConsoleAdmin) else None


def action_of(run: Document) -> ConfirmedAction | None:
    """Return the action that a run does; ``None``: there is none any more."""
    page = page_of(run)
    if page is None or run["action"] not in page.actions:
        return None
    action: ConfirmedAction = getattr(page, run["action"])
    return action


@dataclass(frozen=True)
class Acting:
    """Acts on documents of a run: what they were like when the batch began, and what was said."""

    page: ConsoleAdmin[Any]
    action: ConfirmedAction
    actor: Actor
    found: Mapping[str, Any]
    said: Mapping[str, Any]

    def act(self, identifier: str) -> Line:
        """Act on one document, unless there is nothing to do to it.

        Raises:
            PutOffError: it was not tried.
        """
        document = self.found.get(identifier)
        if document is None:
            return _line(identifier, Outcome(None, Result.REFUSED, NotFoundError().message))
        try:
            outcome = self._outcome(document)
        except Exception as error:  # noqa: BLE001  # else the run would begin with this document for ever
            outcome = outcomes.refused(document, error)
        line = _line(identifier, outcome)
        if outcome.is_put_off:
            raise PutOffError(line)
        return line

    def _outcome(self, document: Any) -> Outcome:
        outcome = self.action.foreseen(document, self.actor)
        if outcome.result != Result.UNCHANGED:
            (outcome,) = self.action.act(self.page, [document], self.actor, **self.said)
        return outcome


def _line(identifier: str, outcome: Outcome) -> Line:
    return Line(identifier, str(outcome.result), outcome.sentence, outcome.result in WELL)


def _actor(run: Document, page: ConsoleAdmin[Any], action: ConfirmedAction) -> Actor:
    """Return who started a run, with the permissions that they have now.

    Raises:
        LostRightsError: those are not enough, or they are kept out.
    """
    name = run["by"]["name"]
    user: Any = get_user_model()._default_manager.filter(pk=run["by"]["id"]).first()  # noqa: SLF001  # documented
    if user is None or not user.is_active or not user.is_staff:
        raise LostRightsError(f"{name} is disabled, or no member of staff any more.")
    rules, now = in_force.current(), clock.now()
    if rules.block_user(user.pk, now) or rules.block_email(user.email, now):
        raise LostRightsError(f"{name} is kept out by a rule of access.")
    actor = replace(records.actor_of(run), permissions=frozenset(user.get_all_permissions()))
    if actor.second_factor == SecondFactor.SHOWN and not user.second_factor:
        raise LostRightsError(f"The second factor of {name} was taken away.")
    needed = {action.permission, f"{page.opts.app_label}.view_{page.opts.model_name}"}
    if missing := sorted(each for each in needed if not actor.may(each)):
        raise LostRightsError(f"{name} may not do this any more. Needed: {', '.join(missing)}.")
    return actor
