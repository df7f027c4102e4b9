"""What operations register: the health of the two servers, and the check of the indexes."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Operations."""

    name = "ops"
    verbose_name = "Operations"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        """Register."""
        from ops import redis  # noqa: PLC0415  # models must be loaded first
        from ops.health.components import Component, register  # noqa: PLC0415
        from ops.mongo import breaker  # noqa: PLC0415

        register(Component("mongodb", breaker.fault_or_probe, vital=True))
        register(Component("redis", redis.probe))
