"""What the app registers: notices, a check of doctor's, and that an invitation's link proves an address."""

from django.apps import AppConfig


class FamiliesConfig(AppConfig):
    """Families."""

    name = "families"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        """Register."""
        from families import checks  # noqa: PLC0415  # models must be loaded first
        from families.invitations import queries  # noqa: PLC0415
        from family_site.identity.actions import proofs  # noqa: PLC0415
        from ops import notices  # noqa: PLC0415
        from ops.doctor import registry  # noqa: PLC0415
        from ops.notices import NoticeType  # noqa: PLC0415

        proofs.register(lambda token, now: queries.proven_address(token, now=now))
        for kind in (
            NoticeType("member_added", "New member", "{who} has joined {family_name}."),
            NoticeType("upgrade_soon", "No room left", "All {limit} places of {family_name} are taken."),
        ):
            notices.register(kind)
        registry.register(checks.CHECK)
