"""Refusals about accounts, rights and payments. Source: HTTP contract, section 2.2."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from ops.errors import ConflictError, DomainError, NotFoundError

# What was asked before a spend, and how it was answered: ``rules.spending.reasons_of``.
Reasons = Sequence[Mapping[str, Any]]


def frozen_by(freeze: Mapping[str, Any] | None) -> str | None:
    """Return who froze an account, as holders are told: of the staff they are not told who; ``None`` then."""
    return None if freeze is None or freeze.get("by_staff") else str(freeze["by"])


class AccountNotFoundError(DomainError):
    """No such account, or not one of the caller's: the same answer, on purpose."""

    code = "ACCOUNT_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND
    meaning = "There is no such account, or the caller has no part in it."

    def __init__(self) -> None:
        """Say nothing about what might be there."""
        super().__init__("There is no such account.")


class RecipientNotFoundError(DomainError):
    """Nobody whom the caller could pay."""

    code = "RECIPIENT_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND
    meaning = "There is no such recipient, they are disabled, or the caller may not know of them."

    def __init__(self) -> None:
        """Say nothing about what might be there."""
        super().__init__("There is no such recipient.")


class AccountNotEmptyError(DomainError):
    """There are tokens on an account that is to be closed."""

    code = "ACCOUNT_NOT_EMPTY"
    meaning = "There are tokens on the account; details tells the balance."

    def __init__(self, *, balance: int) -> None:
        """Tell how many tokens there are."""
        super().__init__(f"There are {balance} tokens on the account.", details={"balance": balance})


class AccountClosedError(AccountNotFoundError):
    """The account is closed for ever; for whoever asks it is not there."""


class SelfTransferError(DomainError):
    """Payer and recipient are one account."""

    code = "SELF_TRANSFER"
    meaning = "Payer and recipient are the same account."

    def __init__(self) -> None:
        """Say it plainly."""
        super().__init__("Payer and recipient are the same account.")


class RepeatedPaymentError(ConflictError):
    """The same payment was made seconds ago, and nothing says that this is another."""

    def __init__(self, *, transaction_id: str) -> None:
        """Name the first one, and say how to mean a second."""
        super().__init__()
        self.message = "The same payment was made a moment ago; if this is another, send it with a key."
        self.details = {"transaction_id": transaction_id, "hint": "send a key: the header Idempotency-Key"}


class _SpendingRefusedError(DomainError):
    """Somebody may not spend so much of an account now; ``details.reasons`` tells all that was asked."""

    def __init__(self, message: str, facts: Mapping[str, Any], reasons: Reasons) -> None:
        """Tell the facts of what decided, and all reasons."""
        super().__init__(message, details={**facts, **({"reasons": list(reasons)} if reasons else {})})


class AccountFrozenError(_SpendingRefusedError):
    """A debit of a frozen account."""

    code = "ACCOUNT_FROZEN"
    status = HTTPStatus.FORBIDDEN
    meaning = "The account is frozen; details tells since when and by whom."

    def __init__(self, freeze: Mapping[str, Any] | None, reasons: Reasons = ()) -> None:
        """Tell since when, and by whom."""
        facts = {"frozen_at": freeze and freeze["at"], "frozen_by": frozen_by(freeze)}
        super().__init__("The account is frozen.", facts, reasons)


class NoSpendingPermissionError(_SpendingRefusedError):
    """Not a holder, or one who may not spend."""

    code = "NO_SPENDING_PERMISSION"
    status = HTTPStatus.FORBIDDEN
    meaning = "The caller holds no part of the account, or may not spend of it."

    def __init__(self, reasons: Reasons) -> None:
        """Say it plainly."""
        super().__init__("You may not spend tokens of this account.", {}, reasons)


class SpendingLimitExceededError(_SpendingRefusedError):
    """More than somebody may spend at once, or in a period."""

    code = "SPENDING_LIMIT_EXCEEDED"
    status = HTTPStatus.FORBIDDEN
    meaning = "More than the caller may spend; details names limit, period and what is left of it."

    def __init__(self, limit: int, period: str, *, remaining: int, reasons: Reasons) -> None:
        """Name the limit; ``period``: ``transaction``, or what the running total is kept over."""
        facts = {"limit": limit, "period": period, "remaining": remaining}
        super().__init__(f"You may spend {remaining} tokens of this account now.", facts, reasons)


class InsufficientBalanceError(_SpendingRefusedError):
    """There are fewer tokens on the account than are to be spent."""

    code = "INSUFFICIENT_BALANCE"
    meaning = (
        "There are not enough tokens; details tells the amount, and the balance to those who may see it."
    )

    def __init__(self, amount: int, *, balance: int | None, reasons: Reasons = ()) -> None:
        """Tell both."""
        facts = {"amount": amount} | ({} if balance is None else {"balance": balance})
        super().__init__("There are not enough tokens on the account.", facts, reasons)


class AccountFreezeFailedError(DomainError):
    """The account is in that state already."""

    code = "ACCOUNT_FREEZE_FAILED"
    meaning = "The account is in that state already."

    def __init__(self, status: str) -> None:
        """Tell the state."""
        super().__init__(f"The account is {status}.", details={"status": status})


class PermissionsUpdateFailedError(DomainError):
    """A manager's rights are fixed."""

    code = "PERMISSIONS_UPDATE_FAILED"
    meaning = "Those who manage an account may spend all of it; details names the reason: target_is_admin."

    def __init__(self) -> None:
        """Name the reason."""
        super().__init__("An admin may spend all tokens.", details={"reason": "target_is_admin"})


class TransactionNotFoundError(NotFoundError):
    """No such transaction, or none of the caller's."""


class AlreadyReversedError(ConflictError):
    """A transaction is undone once."""

    def __init__(self, *, transaction_id: str) -> None:
        """Name the reversal."""
        super().__init__()
        self.message = "This transaction has been reversed already."
        self.details = {"transaction_id": transaction_id}


class IssuanceNotFoundError(NotFoundError):
    """No such issuance."""


class IssuanceRefusedError(ConflictError):
    """Tokens cannot be issued so: the account takes none, or it has been decided already."""


class BalanceInDoubtError(ConflictError):
    """A balance cannot be corrected by a transaction: what it should be is not known, or too far away."""

    def __init__(self, why: str) -> None:
        """Say why."""
        super().__init__()
        self.message = f"The balance cannot be corrected. {why}"


class TokenRequestNotFoundError(DomainError):
    """No such request, another person's, or one that has expired: the same answer, on purpose."""

    code = "TOKEN_REQUEST_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND
    meaning = "There is no such token request, or none any more."

    def __init__(self) -> None:
        """Say nothing about what might be there."""
        super().__init__("There is no such token request.")


class PurchaseRequestNotFoundError(DomainError):
    """No such request, another family's, or one that has expired: the same answer, on purpose."""

    code = "PURCHASE_REQUEST_NOT_FOUND"
    status = HTTPStatus.NOT_FOUND
    meaning = "There is no such purchase request, or none any more."

    def __init__(self) -> None:
        """Say nothing about what might be there."""
        super().__init__("There is no such purchase request.")


class RequestNotPendingError(DomainError):
    """Somebody was quicker: the request was reviewed or withdrawn."""

    code = "REQUEST_NOT_PENDING"
    meaning = "The request was reviewed, withdrawn or expired meanwhile; details tells its status."

    def __init__(self, status: str) -> None:
        """Tell how it stands."""
        super().__init__("This request has been decided already.", details={"status": status})
