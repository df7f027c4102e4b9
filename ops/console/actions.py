"""What staff may do to documents: after a page that says what will happen and asks for the reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.actors import Actor
from ops.console.outcomes import Outcome, Outcomes, Result, sentence_of
from ops.console.reasons import ReasonForm
from ops.errors import DomainError, InsufficientPermissionsError


@dataclass(frozen=True)
class Effect:
    """What an action will do to one document, in a sentence; ``changes``: whether there is anything to do."""

    sentence: str
    changes: bool = True


Act = Callable[..., Outcomes]
Preview = Callable[[Any, Actor], Effect]


@dataclass(frozen=True)
class ConfirmedAction:
    """An action of a page, as its list and its documents offer it; ``asks``: what has to be said before."""

    label: str
    one: str
    permission: str
    preview: Preview | None
    asks: type[ReasonForm]
    of_one: bool
    asks_second_factor: bool
    act: Act

    def foreseen(self, document: Any, actor: Actor) -> Outcome:
        """Return what will become of a document, as far as can be said before."""
        if self.preview is None:
            return Outcome(document, Result.DONE, f"{self.one}.")
        try:
            effect = self.preview(document, actor)
        except DomainError as refusal:
            return Outcome(document, Result.REFUSED, sentence_of(refusal))
        return Outcome(document, Result.DONE if effect.changes else Result.UNCHANGED, effect.sentence)

    def is_offered(self, document: Any, actor: Actor) -> bool:
        """Tell whether the page of a document offers it: there is something to do, and the right is there."""
        if self.preview is None:
            return True
        try:
            return self.preview(document, actor).changes
        except InsufficientPermissionsError:
            return False
        except DomainError:
            return True  # what else refuses it is told once it is asked for


def confirmed_action(  # noqa: PLR0913  # what an action is told by
    label: str,
    *,
    permission: str,
    one: str = "",
    preview: Preview | None = None,
    asks: type[ReasonForm] = ReasonForm,
    of_one: bool = False,
    asks_second_factor: bool = False,
) -> Callable[[Act], ConfirmedAction]:
    """Make a method of a ``ConsoleAdmin`` an action; the page names it in ``actions``.

    The method is called with the chosen documents, the actor and, by name, what the form asked for: the
    ``reason``, and what else it has. It returns what became of each document. It does not see documents of
    which ``preview`` says that there is nothing to do. Its action writes conditionally and with the reason in
    its audit entry: what is confirmed twice is done once.

    Args:
        label: what it does, as the list offers it: a verb, for example ``Cancel invitations``.
        permission: who may do it, for example ``families_invitations.cancel_familyinvitation``.
        one: the same as the page of one document offers it; empty: the label.
        preview: says what will happen to a document, or raises the refusal; reads no more than the document,
            since the document's page asks it, too.
        asks: the form; its fields beside the reason are the method's arguments.
        of_one: only the page of a document offers it, not the list.
        asks_second_factor: its action wants a fresh one of who has one, so it is asked for before the reason.
    """

    def decorate(act: Act) -> ConfirmedAction:
        return ConfirmedAction(
            label, one or label, permission, preview, asks, of_one, asks_second_factor, act
        )

    return decorate


def offered(page: type[Any], names: Sequence[str], user: Any) -> Mapping[str, ConfirmedAction]:
    """Return those of a page's actions that the user may do, by name."""
    every: dict[str, ConfirmedAction] = {name: getattr(page, name) for name in names}
    return {name: each for name, each in every.items() if user.has_perm(each.permission)}
