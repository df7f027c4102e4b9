"""Processes that deliver until they are killed: ``python -m tests.faults.deliverer DATABASE``.

For each line that it reads, it starts one and says its pid. They are forked, so that none has to begin with
loading everything.
"""

import os
import signal
import sys
import time
from datetime import timedelta

import django
from django.conf import settings

django.setup()

from django.db import connections  # noqa: E402  # needs the set-up

from ops import clock  # noqa: E402
from ops.embedded.ties import end_with_parent  # noqa: E402
from ops.outbox.delivery import deliver_due  # noqa: E402
from ops.outbox.pace import Pace  # noqa: E402

# As in production, but in seconds what is minutes there. A busy machine is no reason to leave a server, or to
# lose a lease: what comes twice shall come from the faults of the test.
PACE = Pace(
    run_seconds=2.0,
    run_mails=10,
    lease=timedelta(seconds=12),
    connect_seconds=2.0,
    send_seconds=6.0,
    first_pause=timedelta(seconds=0.2),
    longest_pause=timedelta(seconds=1),
    server_pause=timedelta(seconds=0.1),
    longest_server_pause=timedelta(seconds=0.5),
    attempts=50,
)


def deliver_for_ever() -> None:
    """Deliver; the pipe is the parent's, so the log goes where its errors go."""
    end_with_parent(signal.SIGKILL)
    os.dup2(2, 1)
    while True:
        deliver_due(now=clock.now(), pace=PACE)
        time.sleep(0.02)


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    connections["default"].settings_dict["NAME"] = sys.argv[1]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that are killed leave nothing to be waited for
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            deliver_for_ever()
        os.write(1, f"{pid}\n".encode())
