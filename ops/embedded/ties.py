"""Children that end with their parent, even when the parent is killed with ``kill -9``."""

import ctypes
import multiprocessing
import os
import sys
from collections.abc import Callable
from signal import Signals

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def die_with_parent(death: Signals) -> Callable[[], None]:
    """Return the ``preexec_fn`` of a child that shall get the signal ``death`` when its parent dies.

    The kernel means the *thread* that forked, so call it and fork in a thread that lives as long as the
    process: the main one. Where the kernel knows no such signal (only Linux does) the child starts untied.
    """
    parent = os.getpid()
    # Loaded before the fork: between fork and exec the child may only do what needs no lock.
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def tie() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(death))
        if os.getppid() != parent:  # it died before the tie was made: no signal would ever come
            os._exit(1)

    return tie


def end_with_parent(death: Signals) -> None:
    """Let this process get the signal ``death`` when its parent ends, from now on.

    A process that ``multiprocessing`` made knows who that is, even if it has already ended.
    """
    maker = multiprocessing.parent_process()
    parent = maker.pid if maker else os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death))
    if os.getppid() != parent:
        os.kill(os.getpid(), death)


def adopt_orphans() -> None:
    """Become the parent of any descendant whose own parent ends; without it nobody could wait for them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
