"""Refusals about accounts."""

from ops.errors import DomainError


class AccountNotEmptyError(DomainError):
    """There are tokens on an account that is to be closed."""

    code = "ACCOUNT_NOT_EMPTY"
    meaning = "There are tokens on the account; details tells the balance."

    def __init__(self, *, balance: int) -> None:
        """Tell how many tokens there are."""
        super().__init__(f"There are {balance} tokens on the account.", details={"balance": balance})
