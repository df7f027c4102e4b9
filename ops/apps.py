"""What operations register: health of servers, jobs and mail, two mails of their own, the canary, fixes."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Operations."""

    name = "ops"
    verbose_name = "Operations"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        """Register."""
        from ops import gauges, redis  # noqa: PLC0415  # models must be loaded first
        from ops.backup import board as backups  # noqa: PLC0415
        from ops.backup import figures, mails  # noqa: PLC0415
        from ops.console import boards  # noqa: PLC0415
        from ops.deployments.board import board  # noqa: PLC0415
        from ops.doctor.fixes import own as fixes  # noqa: PLC0415
        from ops.front import own as front  # noqa: PLC0415
        from ops.front_console import page  # noqa: PLC0415
        from ops.health.components import Component, register  # noqa: PLC0415
        from ops.health_console import board as doctor  # noqa: PLC0415
        from ops.jobs import canary, wellbeing  # noqa: PLC0415
        from ops.maintenance import mode  # noqa: PLC0415
        from ops.mongo import breaker, unit_of_work  # noqa: PLC0415
        from ops.notices import mail  # noqa: PLC0415
        from ops.outbox import internal, queries, trial  # noqa: PLC0415
        from ops.timeline import own  # noqa: PLC0415

        self._enter_response()
        boards.register("ops.view_health", doctor.board)
        boards.register("ops.view_health", board)
        boards.register("ops.view_health", backups.board)
        unit_of_work.guard(mode.refuse)
        register(Component("mongodb", breaker.fault_or_probe, vital=True))
        register(Component("redis", redis.probe))
        register(Component("celery", wellbeing.probe))
        register(Component("email", queries.fault))
        gauges.enter()
        own.enter()
        front.enter()
        boards.register_first(page.first)
        trial.enter()
        mail.enter()
        mails.enter()
        figures.enter()
        fixes.enter()
        internal.register(canary.KEY, canary.arrive)

    def _enter_response(self) -> None:
        """Register what is there for incidents, breaches and the status page."""
        from ops.breach import own as breach  # noqa: PLC0415
        from ops.incident_console import board as incidents  # noqa: PLC0415
        from ops.incidents import duty as escalation  # noqa: PLC0415
        from ops.incidents import mails as incident_mails  # noqa: PLC0415
        from ops.personal import own as personal  # noqa: PLC0415
        from ops.status import duty as status  # noqa: PLC0415

        incidents.enter()
        breach.enter()
        personal.enter()
        status.enter()
        escalation.enter()
        incident_mails.enter()
