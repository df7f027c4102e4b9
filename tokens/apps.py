"""What the app registers."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """SBD accounts."""

    name = "tokens"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        """Register."""
        from ops.doctor import registry  # noqa: PLC0415  # models must be loaded first
        from ops.health import components  # noqa: PLC0415
        from ops.health.components import Component  # noqa: PLC0415
        from ops.notices import register  # noqa: PLC0415
        from tokens import checks, notices  # noqa: PLC0415

        for kind in notices.TYPES:
            register(kind)
        registry.register(checks.CHECK)
        registry.register(checks.REQUESTS)
        registry.register(checks.MERCHANT)
        components.register(Component("sbd_tokens", checks.probe))
