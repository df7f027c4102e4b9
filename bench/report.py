"""Where results are kept, and how they are written."""

import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "bench-results"


def percentile(values: Sequence[float], hundredths: int) -> float:
    """Return what so many hundredths of the values did not exceed."""
    if len(values) < 2:  # noqa: PLR2004  # of two there is something between
        return max(values, default=0.0)
    return statistics.quantiles(values, n=100, method="inclusive")[hundredths - 1]


def keep(name: str, content: Mapping[str, Any]) -> Path:
    """Write a result with the machine's cores and load beside; returns where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()}
    path.write_text(json.dumps({**machine, **content}, indent=1))
    print(f"kept in {path.relative_to(RESULTS.parent)}")
    return path
