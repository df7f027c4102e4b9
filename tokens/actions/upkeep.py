"""What a job keeps in order: the balances of the accounts that everybody posts to."""

from datetime import datetime
from functools import partial

from ops.batches import in_batches
from tokens.ledger import rolling_up


def roll_up(*, now: datetime) -> int:
    """Bring the balances of system accounts up to what is settled; returns how many entries were added.

    Nothing is changed that is not in the entries already, so the audit log does not tell of it.
    """
    return sum(
        in_batches(partial(rolling_up.roll_up_some, each, now=now)) for each in rolling_up.system_accounts()
    )
