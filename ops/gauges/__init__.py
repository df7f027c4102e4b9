"""What the exporter asks operations for: how things stand, each source by itself. Apps have their own."""

from ops.gauges import machine, stored, work


def enter() -> None:
    """Register all of them."""
    for module in (machine, stored, work):
        module.enter()
