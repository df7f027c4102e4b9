"""The README's walk, word for word, against the system it starts, until Ctrl-C."""

import json
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e import processes
from tests.e2e.demo import running

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = "API=http://localhost:8000"
SERVING = [
    *["celery"] * 4,  # a worker, its two children, beat
    *("keeper", "metrics", "mongod", "redis-server", "run", "tracker", "uvicorn", "worker", "worker"),
]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's walk needs curl")
def test_the_walk_of_the_readme_works_as_printed_until_ctrl_c(tmp_path: Path) -> None:
    walk = "\n".join(block for block in _shell_blocks() if "API" in block)

    with running(var := tmp_path / "var") as run:
        assert run.is_ready(), run.lines()
        assert f"console: http://localhost:{run.port}/admin/" in run.lines()
        assert processes.programs(var) == SERVING
        here = walk.replace(HERE, f"API=http://localhost:{run.port}")
        # One answer a line: the walk's calls end without a line break of their own.
        said = subprocess.run(
            ["bash", "-euc", here.replace("curl -s", "curl -s -w '\\n'")],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        mails = mails_to("ida@example.com", f"http://localhost:{run.port}/demo/inbox")
        run.process.send_signal(signal.SIGINT)
        assert run.ends() == (0, [])

    registered, created, mine, invited = (json.loads(line) for line in said.stdout.splitlines())
    assert registered["username"] == "ines"
    assert created["name"] == "The Otters"
    assert [family["family_id"] for family in mine] == [created["family_id"]]
    assert (invited["invitee_email"], invited["status"]) == ("ida@example.com", "pending")
    assert mails == 1


def mails_to(address: str, inbox: str) -> int:
    """Return how many mails to an address the inbox shows, once there is one."""
    until = time.monotonic() + 60
    while not (found := _text_of(inbox).count(address)) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def _text_of(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own address
        return str(answer.read().decode())


def _shell_blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
