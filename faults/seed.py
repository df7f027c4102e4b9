"""``python -m faults.seed PEOPLE``: people with families and tokens in the system's database.

In a process of its own, since it sets Django up for this one system.
"""

import sys

from bench import ledger, world

ENTRIES = 3


def main() -> None:
    """Register them, and print their names."""
    count = int(sys.argv[1])
    callers = world.people(count, 1, founders=count)
    ledger.issue([each.username for each in callers], ENTRIES)
    sys.stdout.write(" ".join(each.username for each in callers) + "\n")


if __name__ == "__main__":
    main()
