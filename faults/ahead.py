"""``python -m faults.ahead SECONDS doctor …``: ``manage.py`` on a machine whose clock is that far ahead."""

import runpy
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

from faults.part import ROOT
from ops import clock


def main() -> None:
    """Put the product's clock forward, and run the command."""
    _, seconds, *words = sys.argv
    clock.now = _ahead(clock.now, timedelta(seconds=int(seconds)))
    sys.argv = [str(ROOT / "manage.py"), *words]
    runpy.run_path(sys.argv[0], run_name="__main__")


def _ahead(now: Callable[[], datetime], by: timedelta) -> Callable[[], datetime]:
    return lambda: now() + by


if __name__ == "__main__":
    main()
