"""What the app registers: notices, checks, a fix, and that an invitation's link proves an address."""

from django.apps import AppConfig


class FamiliesConfig(AppConfig):
    """Families."""

    name = "families"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        """Register."""
        from families import breach, checks, emails, fixes, front, personal, queries, timeline, viewing  # noqa: PLC0415  # models must be loaded first
        from families.actions import emergency_ends, recovery_ends, standing  # noqa: PLC0415
        from families.invitations import queries as invitations  # noqa: PLC0415
        from families.notices import TYPES  # noqa: PLC0415
        from family_site.identity.actions import proofs, user_changes  # noqa: PLC0415
        from ops import notices  # noqa: PLC0415
        from ops.doctor import registry  # noqa: PLC0415
        from ops.doctor.fixes import registry as mending  # noqa: PLC0415
        from ops.health import figures  # noqa: PLC0415
        from ops.outbox import templates  # noqa: PLC0415
        from ops.outbox.templates import Template  # noqa: PLC0415
        from tokens.actions import movers, openings  # noqa: PLC0415

        timeline.enter()
        breach.enter()
        personal.enter()
        front.enter()
        viewing.enter()
        user_changes.register(standing.follow)
        user_changes.register(recovery_ends.follow)
        movers.register(standing.require_confirmed)
        openings.register(emergency_ends.follow_opening)
        proofs.register(lambda token, now: invitations.proven_address(token, now=now))
        for kind in TYPES:
            notices.register(kind)
        notices.register_readers(queries.readers)
        figures.register(queries.counts)
        figures.register(lambda now: {"open_invitations": invitations.open_count(now)})
        registry.register(checks.CHECK)
        registry.register(checks.RECOVERIES)
        registry.register(checks.ALLOWANCES)
        mending.register(fixes.FIX)
        registry.register(checks.REFERENCES)
        sentence = "Your code to recover the family {family_name}"
        templates.register(Template(emails.RECOVERY_CODE, sentence, emails.code_facts, emails.SAMPLE))
