"""What is asked of whoever moves tokens by themselves, whatever account they spend of.

A higher package says it: this one knows people by their ids only. Source: HTTP contract, section 1.2
(confirmed e-mail).
"""

from collections.abc import Callable

from ops.actors import Actor

Condition = Callable[[Actor], None]
_conditions: list[Condition] = []


def register(condition: Condition) -> None:
    """Ask this too: it raises if the actor may move nothing."""
    _conditions.append(condition)


def require(actor: Actor) -> None:
    """Let somebody move tokens, or raise what they lack."""
    for condition in _conditions:
        condition(actor)
