"""What the app registers: its mails, and the notices of an invitation's life."""

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Invitations."""

    name = "families.invitations"
    label = "invitations"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        """Register."""
        from families.invitations import checks, emails  # noqa: PLC0415  # models must be loaded first
        from families.invitations.actions import upkeep  # noqa: PLC0415
        from families.invitations.emails import SAMPLE  # noqa: PLC0415
        from ops import clock, notices  # noqa: PLC0415
        from ops.metrics import sources  # noqa: PLC0415
        from ops.notices import NoticeType  # noqa: PLC0415
        from ops.outbox import templates  # noqa: PLC0415
        from ops.outbox.templates import Context, Template  # noqa: PLC0415

        def tell(context: Context) -> None:
            upkeep.tell_invitee(context["invitation_id"], now=clock.now())

        sources.register(checks.FIGURES)
        asks = "{inviter_username} invites you to the family {family_name}"
        facts = emails.invitation_facts
        templates.register(Template(emails.INVITATION, asks, facts, SAMPLE, delivered=tell))
        reminds = "The invitation to the family {family_name} ends in two days"
        templates.register(Template(emails.REMINDER, reminds, facts, SAMPLE))
        joined = "{invitee_username} has joined the family {family_name}"
        templates.register(Template(emails.ACCEPTED, joined, emails.accepted_facts, SAMPLE))

        accepted, declined = "Invitation accepted", "Invitation declined"
        for kind in (
            # The mail leaves before anybody asks whose address it is, if anybody's.
            NoticeType(
                "invitation_received", "Invitation", f"{asks}.", mailed=True, own_mail=True, fixed_mail=True
            ),
            NoticeType(
                emails.ACCEPTED, accepted, "{who} has joined {family_name}.", mailed=True, own_mail=True
            ),
            NoticeType("invitation_declined", declined, "{who} declined to join {family_name}."),
        ):
            notices.register(kind)
