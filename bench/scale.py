"""``make bench-scale``: do reads stay as quick, and jobs as thorough, while families grow a thousandfold?

Where ``MONGODB_URI`` is set, what is there is measured last, beside the sizes that are asked for.
"""

import argparse
import json
import os
import subprocess
import sys
from typing import Any

from bench.report import keep

SIZES = (1_000, 100_000, 1_000_000)
SERVERS = ("MONGODB_URI", "REDIS_URL", "MONGODB_NAME")
GOAL = 1.2


def main() -> None:
    """Measure each size in a process and on servers of its own, and print each against the first."""
    options = _options()
    own = {name: value for name, value in os.environ.items() if name not in SERVERS}
    sizes = [_measured(own, "--families", str(families)) for families in options.families]
    if "MONGODB_URI" in os.environ:
        sizes.append(_measured(dict(os.environ)))
    _show(sizes)
    keep("scale", {"options": vars(options), "sizes": sizes})


def _measured(variables: dict[str, str], *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.one_size", *arguments]
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _show(sizes: list[dict[str, Any]]) -> None:
    first = sizes[0]
    for size in sizes:
        print(f"{size['families']:,} families, {size['entries']:,} entries")
        for name, read in size["reads"].items():
            slower = read["p50_ms"] / first["reads"][name]["p50_ms"]
            times = f"p50 {read['p50_ms']:6.2f} ms, p95 {read['p95_ms']:6.2f} ms"
            over = "" if slower <= GOAL else f", more than {GOAL}"
            print(f"  {name:22}{read['rate']:8.0f}/s   {times}   {slower:5.2f} of the first{over}")
        for name, job in size["jobs"].items():
            print(f"  {name:22}{job['rate']:8.0f}/s   {job['documents']:,} in {job['seconds']:.1f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=main.__doc__)
    parser.add_argument("--families", type=int, nargs="*", default=list(SIZES), help="one or several sizes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
