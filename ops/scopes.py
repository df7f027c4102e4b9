"""What a permanent token opens. Source: HTTP contract, sections 1.2 and 11 (scopes)."""

from collections.abc import Mapping
from http import HTTPStatus

from ops.actors import Actor, Scope
from ops.errors import DomainError

# Which scopes open what needs one: each but the first is good for reading, too.
OPENED_BY: Mapping[Scope, frozenset[Scope]] = {
    Scope.READ: frozenset(Scope),
    **{scope: frozenset({scope}) for scope in (Scope.FAMILIES, Scope.TOKENS, Scope.ADMIN)},
}


class InsufficientScopeError(DomainError):
    """The permanent token is not good for this."""

    code = "INSUFFICIENT_SCOPE"
    status = HTTPStatus.FORBIDDEN
    meaning = "The permanent token has not the scope that details names."

    def __init__(self, *, required: Scope) -> None:
        """Name the scope; RFC 6750 section 3.1 names the header's form."""
        super().__init__(
            "This token is not good for that.",
            details={"required": str(required)},
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{required}"'},
        )


class SessionRequiredError(DomainError):
    """No permanent token is good for this."""

    code = "SESSION_REQUIRED"
    status = HTTPStatus.FORBIDDEN
    meaning = "This needs a sign-in; no permanent token is good for it."

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Sign in for this; a permanent token is not enough.")


def require(actor: Actor, scope: Scope | None) -> None:
    """See to it that the caller's token, if they came with a permanent one, opens what they ask for.

    Args:
        actor: who calls.
        scope: what is needed; ``None``: a sign-in.

    Raises:
        SessionRequiredError: no permanent token would do.
        InsufficientScopeError: theirs does not.
    """
    if actor.scopes is None:
        return
    if scope is None:
        raise SessionRequiredError
    if actor.scopes.isdisjoint(OPENED_BY[scope]):
        raise InsufficientScopeError(required=scope)
