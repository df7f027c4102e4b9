"""Accounts, entries, transactions, issuances and requests in the console; Django finds the pages here."""

from tokens.admin.accounts import SbdAccountAdmin
from tokens.admin.entries import SbdEntryAdmin
from tokens.admin.issuances import IssuanceAdmin
from tokens.admin.requests import PurchaseRequestAdmin, TokenRequestAdmin
from tokens.admin.transactions import SbdTransactionAdmin

__all__ = [
    "IssuanceAdmin",
    "PurchaseRequestAdmin",
    "SbdAccountAdmin",
    "SbdEntryAdmin",
    "SbdTransactionAdmin",
    "TokenRequestAdmin",
]
