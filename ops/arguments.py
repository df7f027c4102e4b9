"""What is typed after a command that can do without Django."""

import argparse
import sys
from typing import NoReturn

# None of those that stand for a result: EX_USAGE of sysexits.h.
USAGE = 64


class Parser(argparse.ArgumentParser):
    """Reads it."""

    def error(self, message: str) -> NoReturn:
        """Say what was mistyped, with a status that cannot be taken for a result."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")
