"""What is counted of what people do: each operation of families and of tokens, and how it ended."""

from dataclasses import dataclass

from ops.metrics.declaring import Counter
from ops.process import WEB

SUCCESS, ERROR = "success", "error"
LEAST_REFUSED = 400  # HTTP's

_families = Counter(
    "family_operations", "Changes of families, by outcome.", roles=[WEB], operation_type=None, status=None
)
_tokens = Counter(
    "token_operations", "Moves of tokens, by outcome.", roles=[WEB], operation_type=None, status=None
)
_token_refusals = Counter(
    "token_refusals", "Moves of tokens that were refused, by code.", roles=[WEB], code=None
)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that is counted; each is declared with the view that it is served by."""

    counter: Counter
    name: str

    def __post_init__(self) -> None:
        """Show it from the start."""
        for status in (SUCCESS, ERROR):
            self.counter.present(self.name, status)

    def note(self, status: int, code: str | None) -> None:
        """Count a call by the HTTP status of its answer, and by the code of what it was refused by."""
        self.counter.inc(self.name, ERROR if status >= LEAST_REFUSED else SUCCESS)
        if code is not None and self.counter is _tokens:
            _token_refusals.inc(code)


def of_family(name: str) -> Operation:
    """Return an operation on a family."""
    return Operation(_families, name)


def of_tokens(name: str) -> Operation:
    """Return an operation that moves tokens, or asks for it."""
    return Operation(_tokens, name)


def show_refusals(*codes: str) -> None:
    """Show codes that moves of tokens are refused by."""
    for code in codes:
        _token_refusals.present(code)
