"""A process that is killed while it approves: what says that it is paid is paid, once.

Source: HTTP contract, section 18 (rules 2 and 6).
"""

import os
import signal
import subprocess
import sys
import time
from random import Random

import pytest
from django.db import connection

from family_site.settings.environment import BASE_DIR
from ops.embedded.ties import die_with_parent
from tests.database import audit
from tests.families.asking import asked, asked_to_buy, status_of
from tests.tokens import ledger_checker
from tests.tokens.deeds import House

KILLS, REQUESTS = 6, 120


class Approver:
    """The process; it is given all requests at once, and told to die."""

    def __init__(self, house: House, request_ids: list[str]) -> None:
        """Start it."""
        database, admin = str(connection.settings_dict["NAME"]), house.admin
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.approver", database, admin.id, admin.username],
            cwd=BASE_DIR,
            env=os.environ | {"LOG_LEVEL": "ERROR"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
        )
        assert self.process.stdin
        self.process.stdin.write("".join(f"{house.id} {each}\n" for each in request_ids))
        self.process.stdin.flush()

    def told(self, number: int) -> dict[str, str]:
        """Wait until it has told of so many; returns what it said."""
        assert self.process.stdout
        lines: list[str] = []
        while len(lines) < number:
            line = self.process.stdout.readline()
            assert line, "it ended by itself"
            if line.startswith(("req_", "pr_")):
                lines.append(line)
        return {words[0]: words[1] for words in map(str.split, lines)}

    def kill(self) -> None:
        """Kill it, in the middle of whatever it does."""
        self.process.kill()
        self.process.communicate()


@pytest.mark.long
def test_what_is_approved_is_paid_however_often_the_process_dies() -> None:
    house, random = House(10_000), Random(17)  # noqa: S311  # when it is killed is no secret
    made = [(asked if each % 2 else asked_to_buy)(house.viewer, house) for each in range(REQUESTS)]
    told: dict[str, str] = {}

    for _ in range(KILLS):
        approver = Approver(house, [each for each in made if each not in told])
        told |= approver.told(random.randint(1, 12))
        time.sleep(random.uniform(0, 0.02))
        approver.kill()
        assert ledger_checker.faults() == []
    rest = [each for each in made if each not in told]
    approver = Approver(house, rest)
    told |= approver.told(len(rest))
    approver.kill()

    assert {status_of(each) for each in made} == {"approved"}
    # Whoever died before it could say so, had paid: whoever came after found it decided.
    assert set(told.values()) <= {"done", "REQUEST_NOT_PENDING"}
    assert house.account["balance"] == 10_000 - 5 * REQUESTS
    assert len(audit("token_request.approved")) + len(audit("purchase_request.approved")) == REQUESTS
    assert ledger_checker.faults() == []
