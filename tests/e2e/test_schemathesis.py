"""The running system answers as it describes itself, whatever is sent.

Source: HTTP contract, section 18 (rules 16 and 19).
"""

import json
import os
import secrets
from http.client import HTTPConnection
from typing import Any

import pytest
from schemathesis.engine import Status
from schemathesis.engine.run import PhaseName

from ops.web.docs import document
from tests.e2e.demo import Run
from tests.e2e.explorer import Findings, explore
from tests.scale import FULL, SOAK

EXAMPLES = 100  # of each operation, by `make soak`, with every edge of every field
SOME = EXAMPLES if SOAK else EXAMPLES // 5
SEED = int(os.environ.get("SBD_SEED", "1"))  # another one finds its own way
COVERAGE = (PhaseName.COVERAGE,) if SOAK else ()
PHASES = (PhaseName.EXAMPLES, *COVERAGE, PhaseName.FUZZING, PhaseName.STATEFUL_TESTING)
SUCCESSES = range(200, 400)
DEFECTS = range(500, 600)
# What is answered before anybody looks at what was asked for.
AT_THE_DOOR = {401, 405, 406, 413, 415, 429}
WALK = {"POST /auth/register", "POST /family/create", "GET /family/my-families"}
WALK |= {"GET /family/{family_id}"} if SOAK else set()  # some chains end a family before it is read


@pytest.mark.long
@pytest.mark.scaled
def test_somebody_signed_in_meets_only_what_is_described(served: Run) -> None:
    found = _explored(served, signed_in=True)

    assert not found.differences, "\n\n".join(found.differences)
    assert found.answered(DEFECTS) == set()
    # And it was worth it: each operation was called by somebody who was let in, and the walk led somewhere.
    assert set(found.answers) == _operations()
    assert (
        found.answered(range(600))
        - {label for label, counted in found.answers.items() if set(counted) - AT_THE_DOOR}
        == set()
    )
    assert found.answered(SUCCESSES) >= WALK
    if FULL:  # a few chains may lead nowhere
        assert {label for label, counted in found.stateful.items() if "{" in label and counted[200]} != set()
    assert {phase: found.phases[phase] for phase in PHASES} == dict.fromkeys(PHASES, Status.SUCCESS)


@pytest.mark.long
def test_somebody_not_signed_in_meets_only_what_is_described(served: Run) -> None:
    found = _explored(served, signed_in=False)

    assert not found.differences, "\n\n".join(found.differences)
    assert found.answered(DEFECTS) == set()
    assert set(found.answers) == _operations()
    let_in = {label for label, counted in found.answers.items() if not set(counted) <= AT_THE_DOOR}
    assert let_in & _operations(closed=True) == set()


def _explored(served: Run, *, signed_in: bool) -> Findings:
    return explore(
        f"http://127.0.0.1:{served.port}",
        examples=SOME,
        seed=SEED,
        sign_in=(lambda: _newcomer(served.port)) if signed_in else None,
    )


def _operations(*, closed: bool = False) -> set[str]:
    """Return what the description tells of; ``closed``: only what needs a sign-in."""
    return {
        f"{method.upper()} {path}"
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if operation.get("security") or not closed
    }


def _newcomer(port: int) -> str:
    """Register somebody, from an address that nobody calls from: an address is let in only so often.

    Returns their access token.
    """
    name = f"u{secrets.token_hex(8)}"
    body = {"username": name, "email": f"{name}@example.com", "password": "Seven-Otters-7"}
    address = ".".join(["127", *(str(secrets.randbelow(254) + 1) for _ in range(3))])
    line = HTTPConnection("127.0.0.1", port, source_address=(address, 0))
    try:
        line.request("POST", "/auth/register", json.dumps(body), {"Content-Type": "application/json"})
        answer = line.getresponse()
        told: dict[str, Any] = json.load(answer)
    finally:
        line.close()
    assert answer.status == 201, told
    return str(told["access_token"])
