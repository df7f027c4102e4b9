"""What this process is: told by its entrance before anything else is loaded.

In the environment, so that what it starts (web workers, the children of Celery's pool) is the same.
"""

import os
from typing import Final

ROLE = "SBD_ROLE"
WEB, WORKER, BEAT, METRICS, SHELL = "web", "worker", "beat", "metrics", "shell"
# Those that live, and serve or work until they are stopped.
SERVING: Final = (WEB, WORKER, BEAT)


def be(role: str) -> None:
    """Say what this process is."""
    os.environ[ROLE] = role


def role() -> str:
    """Return what this process is; ``shell``: a command that somebody has typed."""
    return os.environ.get(ROLE, SHELL)
