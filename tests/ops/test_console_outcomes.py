"""What the console says will become, and has become, of each document."""

from typing import Any

from ops.actors import Actor
from ops.console.actions import ConfirmedAction, Effect, Preview, confirmed_action
from ops.console.outcomes import Outcomes
from ops.errors import ConflictError, InsufficientPermissionsError
from ops.mongo.unit_of_work import CommitOutcomeUnknownError

ACTOR = Actor.system("tests")


def closing(preview: Preview | None) -> ConfirmedAction:
    @confirmed_action("Close shops", one="Close shop", permission="shops.close", preview=preview)
    def close(_page: Any, chosen: Any, _actor: Actor, _reason: str) -> Outcomes:
        return Outcomes.of(chosen, str)

    return close


def foreseen(preview: Preview | None) -> tuple[str, str]:
    outcome = closing(preview).foreseen("bakery", ACTOR)
    assert outcome.document == "bakery"
    return outcome.result, outcome.sentence


def test_each_document_has_its_line_in_order_whatever_happens_to_others() -> None:
    def act(document: str) -> None:
        match document:
            case "lost":
                raise CommitOutcomeUnknownError("no answer")
            case "late":
                raise ConflictError("Somebody closed it.")
            case "mine":
                raise InsufficientPermissionsError(required="another person")
            case "broken":
                raise ZeroDivisionError

    outcomes = Outcomes.of(["lost", "late", "good", "broken", "mine"], act)

    assert [(each.document, each.result, each.sentence) for each in outcomes] == [
        ("lost", "unknown", "The database did not say whether it was done: look before you repeat it."),
        ("late", "refused", "Somebody closed it."),
        ("good", "done", ""),
        ("broken", "refused", "Something went wrong on our side."),
        ("mine", "refused", "You do not have the right to do this. Needed: another person."),
    ]


def test_what_will_happen_is_what_the_preview_says() -> None:
    def refuse(_document: Any, _actor: Actor) -> Effect:
        raise ConflictError("It is being built.")

    assert foreseen(lambda document, _: Effect(f"The {document} closes.")) == ("done", "The bakery closes.")
    assert foreseen(lambda *_: Effect("Closed long ago.", changes=False)) == ("unchanged", "Closed long ago.")
    assert foreseen(refuse) == ("refused", "It is being built.")


def test_without_a_preview_the_action_says_its_name() -> None:
    assert foreseen(None) == ("done", "Close shop.")
    assert closing(None).label == "Close shops"
