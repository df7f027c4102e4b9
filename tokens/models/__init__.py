"""Documents of the app."""

from tokens.models.account import Holder, Owner, SbdAccount

__all__ = ["Holder", "Owner", "SbdAccount"]
