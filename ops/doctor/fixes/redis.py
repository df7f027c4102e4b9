"""What fixes that need Redis have in common."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from redis.exceptions import RedisError

from ops.doctor.fixes.fix import CannotMendError

P = ParamSpec("P")
R = TypeVar("R")


def redis_needed(act: Callable[P, R]) -> Callable[P, R]:
    """Make a refusal of a Redis that is away."""

    @functools.wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return act(*args, **kwargs)
        except RedisError as error:
            said = f"Redis cannot be used ({type(error).__name__})"
            raise CannotMendError(f"{said}; `manage.py doctor --section 3` says why.") from error

    return run
