"""Programs of the system that some tests need; without one they skip, and say so loudly."""

import os
import shutil
import sys
from typing import Any

import pytest

REQUIRED = "REQUIRE_TOOLS"
# Debian's packages; a program of another name is in the package of that name.
PACKAGES = {
    "promtool": "prometheus",
    "amtool": "prometheus-alertmanager",
    "envsubst": "gettext-base",
    "systemd-analyze": "systemd",
    "netstat": "net-tools",
}
OTHERS = {
    "systemctl3.py": "PyPI's docker-systemctl-replacement (SYSTEMCTL_REPLACEMENT says where)",
    "mongosh": "npm's mongosh (MONGOSH says where)",
}
# Where programs lie that only root has on the path.
ADMINISTRATORS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def require(config: pytest.Config, *programs: str) -> str:
    """Return where the first of these programs is that there is; skip the test if there is none.

    With ``REQUIRE_TOOLS=1`` in the environment a missing one is a failure.
    """
    path = os.pathsep.join([os.environ.get("PATH", ""), *ADMINISTRATORS])
    for program in programs:
        if found := shutil.which(program, path=path):
            return found
    package = PACKAGES.get(programs[0], programs[0])
    origin = OTHERS.get(programs[-1], f"Debian's package `{package}`")
    missing = f"NO {' OR '.join(dict.fromkeys(programs))}: {origin} is not there; its tests do not run."
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(missing)
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        # Past the capture, so that it is seen; a worker's standard output leads nowhere.
        print(f"\n*** {missing} ***", file=sys.stderr)  # noqa: T201
    pytest.skip(missing)
