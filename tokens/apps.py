"""What the app registers."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """SBD accounts."""

    name = "tokens"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        """Register."""
        from ops.backup import registry as backups  # noqa: PLC0415  # models must be loaded first
        from ops.doctor import registry  # noqa: PLC0415
        from ops.doctor.fixes import registry as mending  # noqa: PLC0415
        from ops.errors import CATALOGUE  # noqa: PLC0415
        from ops.health import components, figures  # noqa: PLC0415
        from ops.health.components import Component  # noqa: PLC0415
        from ops.incidents import proofs  # noqa: PLC0415
        from ops.metrics import operations, sources  # noqa: PLC0415
        from ops.notices import register  # noqa: PLC0415
        from tokens import breach, checks, fixes, front, notices, personal, queries, request_queries, timeline  # noqa: PLC0415
        from tokens.actions import checking  # noqa: PLC0415

        for kind in notices.TYPES:
            register(kind)
        registry.register(checks.CHECK)
        registry.register(checks.DEEP)
        registry.register(checks.REQUESTS)
        registry.register(checks.MERCHANT)
        mending.register(fixes.EXPIRE_REQUESTS)
        mending.register(fixes.CORRECT_BALANCE)
        mending.register(fixes.FREEZE_ALL)
        components.register(Component("sbd_tokens", checks.probe))
        figures.register(request_queries.open_counts)
        figures.register(queries.totals)
        sources.register(checks.FIGURES)
        sources.register(checks.FIGURES_OF_REQUESTS)
        operations.show_refusals(*(code for code, each in CATALOGUE.items() if "tokens" in each.__module__))
        timeline.enter()
        breach.enter()
        personal.enter()
        front.enter()
        proofs.register("C08", checks.assessed)
        proofs.register("C31", checks.verified)
        backups.follows("ledger check", checking.begin_anew)
        backups.proves("ledger", checking.faults)
