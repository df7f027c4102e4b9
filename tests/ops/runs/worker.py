"""A worker that does nothing but runs, until it is killed: ``python -m tests.ops.runs.worker``."""

import os
import time

import django

django.setup()

from django.db import connections  # noqa: E402  # needs the set-up

from ops import clock  # noqa: E402
from ops.runs.working import work_due  # noqa: E402

if __name__ == "__main__":
    connections["default"].settings_dict["NAME"] = os.environ["TESTS_DATABASE"]
    while True:
        if not work_due(now=clock.now(), seconds=0):
            time.sleep(0.02)
