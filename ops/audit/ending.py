"""The last entries of the audit log, verified at once: what somebody would change first to hide something.

All of it only ``verifying`` knows. Source: design, section 5.
"""

from collections.abc import Iterator

from ops.audit import chain, keys, reading
from ops.audit.run import Finding, Run

NEWEST = 500


def faults_of_newest(last: int, most: int = NEWEST) -> list[Finding]:
    """Return what is wrong with the entries up to a number, each by itself and beside the one before.

    Args:
        last: the number that the chain ends with; 0: there is none.
        most: how many entries are looked at.
    """
    first = max(1, last - most + 1)
    run = Run(keys.known(), first - 1, chain.GENESIS if first == 1 else None)
    return list(_faults(run, first, last))


def _faults(run: Run, first: int, last: int) -> Iterator[Finding]:
    for page in reading.numbered(first, last):
        for each in page:
            yield from run.take(chain.form_of(each))
