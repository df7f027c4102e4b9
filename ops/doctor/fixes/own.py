"""Operations' own fixes."""

from ops.doctor.fixes import indexes, keys, limits, mail, operations, profiler, read_only, registry

OWN = (keys.FIX, operations.FIX, profiler.FIX, limits.FIX, indexes.FIX, mail.FIX, read_only.FIX)


def enter() -> None:
    """Register them."""
    for each in OWN:
        registry.register(each)
