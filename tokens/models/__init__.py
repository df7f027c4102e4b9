"""Documents of the app."""

from tokens.models.account import Holder, Owner, SbdAccount
from tokens.models.allowance import Allowance
from tokens.models.allowance_payment import AllowancePayment
from tokens.models.entry import SbdEntry
from tokens.models.issuance import Issuance
from tokens.models.requests import PurchaseRequest, TokenRequest
from tokens.models.transaction import SbdTransaction

__all__ = [
    "Allowance",
    "AllowancePayment",
    "Holder",
    "Issuance",
    "Owner",
    "PurchaseRequest",
    "SbdAccount",
    "SbdEntry",
    "SbdTransaction",
    "TokenRequest",
]
