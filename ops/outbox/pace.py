"""How fast and how often mail is tried: the numbers of delivery, in one place."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Pace:
    """The time limits of one delivering process.

    Attributes:
        run_seconds, run_mails: a run begins no further mail after either.
        lease: so long a mail, or a slot, belongs to whom took it; a process that was killed gives it back
            by that. Longer than connecting and sending together.
        connect_seconds: for each step until a mail can be handed over.
        send_seconds: for one mail, from its sender's address to the server's last word.
        first_pause, longest_pause: of a mail between two attempts; the pause doubles, in full jitter.
        server_pause, longest_server_pause: of all mail, after the server could not be used.
        attempts, give_up_after: whichever is over first makes a dead letter of what is still put off.
    """

    run_seconds: float = 20.0
    run_mails: int = 50
    lease: timedelta = timedelta(seconds=60)
    connect_seconds: float = 5.0
    send_seconds: float = 20.0
    first_pause: timedelta = timedelta(seconds=30)
    longest_pause: timedelta = timedelta(hours=6)
    server_pause: timedelta = timedelta(seconds=5)
    longest_server_pause: timedelta = timedelta(minutes=5)
    attempts: int = 12
    give_up_after: timedelta = timedelta(days=3)

    def until_next_attempt(self, attempts: int) -> timedelta:
        """Return how long a mail waits after so many attempts."""
        return _jittered(self.first_pause, self.longest_pause, attempts)

    def until_server_is_tried(self, failures: int) -> timedelta:
        """Return how long all mail waits after so many failures of the server, without a success between."""
        return _jittered(self.server_pause, self.longest_server_pause, failures)


def _jittered(first: timedelta, longest: timedelta, times: int) -> timedelta:
    """Return a tenth to the whole of the ``times``-th step: what failed together comes back apart."""
    doubled: int = 2 ** min(max(times, 1) - 1, 32)
    step = min(longest, first * doubled)
    return step * random.uniform(0.1, 1)  # noqa: S311  # jitter, not a secret
