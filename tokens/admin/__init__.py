"""Accounts, entries, transactions and issuances in the console; Django finds the pages by this module."""

from tokens.admin.accounts import SbdAccountAdmin
from tokens.admin.entries import SbdEntryAdmin
from tokens.admin.issuances import IssuanceAdmin
from tokens.admin.transactions import SbdTransactionAdmin

__all__ = ["IssuanceAdmin", "SbdAccountAdmin", "SbdEntryAdmin", "SbdTransactionAdmin"]
