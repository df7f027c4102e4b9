"""Documents of the app."""

from tokens.models.account import Holder, Owner, SbdAccount
from tokens.models.entry import SbdEntry
from tokens.models.issuance import Issuance
from tokens.models.transaction import SbdTransaction

__all__ = ["Holder", "Issuance", "Owner", "SbdAccount", "SbdEntry", "SbdTransaction"]
