"""Families' accounts with all that their members do about them, in plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.tokens.allowance_model import Allowances
from tests.tokens.emergency_model import Emergencies
from tests.tokens.request_model import Requests


@dataclass
class Families(Requests, Allowances, Emergencies):
    """A ledger with requests, allowances, and votes on freezes; a departure ends something of each."""

    def ends(self) -> Iterator[str]:
        """Return how each request, period and vote stands."""
        yield from (f"{each.sort} {each.status}" for each in self.requests)
        yield from (f"allowance {each.obstacle or 'paid'}" for each in self.payments)
        yield from (f"vote {each.status}" for each in self.emergencies)
