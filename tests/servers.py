"""Pytest plugin: a real mongod (a replica set) and a real redis-server of this run's own.

Loaded with ``-p`` from pyproject.toml, since the settings are read before any conftest. Random ports, a
temporary directory; tied to this process, so that also its crash leaves nothing behind.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from ops import embedded

VAR = Path(tempfile.mkdtemp(prefix="sbd-tests-"))
# Nothing of the machine's own settings reaches the tests.
FORGOTTEN = ("MONGODB_URI", "REDIS_URL", "PORT", "PUBLIC_URL", "ALLOWED_HOSTS", "SBD_WORKERS", "LOG_LEVEL")

for _name in FORGOTTEN:
    os.environ.pop(_name, None)
SERVERS = embedded.start(VAR, tie_to_parent=True, preferred_ports=False, test_commands=True)
os.environ.update(
    SBD_MODE="test",
    SBD_VAR=str(VAR),
    # A client that was told of a shutdown by a fail point looks again after half a second, not after ten.
    MONGODB_URI=f"{SERVERS.mongodb_uri}&heartbeatFrequencyMS=500",
    REDIS_URL=str(SERVERS.redis_url),
    DJANGO_SETTINGS_MODULE="family_site.settings",
)


@atexit.register  # also when pytest itself fails before its own hooks
def _leave_nothing() -> None:
    embedded.stop(VAR)
    shutil.rmtree(VAR, ignore_errors=True)
