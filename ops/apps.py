"""What operations register: the health of servers, jobs and mail, two mails of their own, and the canary."""

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
        from ops.jobs import canary, wellbeing  # noqa: PLC0415
        from ops.mongo import breaker  # noqa: PLC0415
        from ops.notices import mail  # noqa: PLC0415
        from ops.outbox import internal, queries, trial  # noqa: PLC0415

        register(Component("mongodb", breaker.fault_or_probe, vital=True))
        register(Component("redis", redis.probe))
        register(Component("celery", wellbeing.probe))
        register(Component("email", queries.fault))
        trial.enter()
        mail.enter()
        internal.register(canary.KEY, canary.arrive)
