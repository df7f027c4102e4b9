"""``python -m bench.memory``: does a web process hold more, the more requests it has answered?

The mix of the open loop from connections that never pause, then a while of signing in: what hashes a password
keeps its memory for the next one. ``--python``: the interpreter that serves; one with nothing but a release's
packages (``requirements.production.lock``) tells what a release holds.
"""

import argparse
import sys

from bench import mix, rows, serving, world
from bench.load import Load
from bench.report import keep

CONNECTIONS = 32
PIECE_SECONDS = 10.0


def main() -> None:
    """Send, print and keep how much memory each web process has after how many requests."""
    options = _options()
    with world.servers():
        prepared = mix.prepared()
        with serving.ours(options.workers, python=options.python) as (port, master):
            seen = [(0, serving.worker_memory(master))]

            def send(load: Load, least: int) -> None:
                sent = seen[-1][0]
                while seen[-1][0] < sent + least:
                    done = load.run(port, connections=CONNECTIONS, seconds=PIECE_SECONDS).requests
                    seen.append((seen[-1][0] + done, serving.worker_memory(master)))
                    print(
                        f"{seen[-1][0]:8}  " + "  ".join(f"{each:.1f} MB" for each in seen[-1][1]), flush=True
                    )

            send(Load((each.content for each in mix.requests(prepared)), may_conflict=True), options.requests)
            print("sign-ins:")
            (row,) = (each for each in rows.ROWS if each.name == "sign-in")
            send(Load(row.requests(row.path, prepared)), options.sign_ins)
    keep("memory", {"options": vars(options), "memory_mb": seen})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=main.__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--sign-ins", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that serves")
    return parser.parse_args()


if __name__ == "__main__":
    main()
