"""The states of a run."""

from enum import StrEnum


class State(StrEnum):
    """What a run may be: at work or waiting for its turn, stopped and to be resumed, or over."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
