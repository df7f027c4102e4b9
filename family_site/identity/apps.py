"""What the app registers: its mails, and the notice that warns of what was done to an account."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Users and sessions."""

    name = "family_site.identity"
    label = "identity"
    verbose_name = "People"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        """Register."""
        from family_site.identity import emails  # noqa: PLC0415  # models must be loaded first
        from family_site.identity.actions import access, security  # noqa: PLC0415
        from ops import notices  # noqa: PLC0415
        from ops.access import people  # noqa: PLC0415
        from ops.outbox.templates import Template, register  # noqa: PLC0415

        people.register(access)
        links, sample = emails.link_facts, emails.CONFIRM_SAMPLE
        register(Template(emails.CONFIRM, "Confirm your e-mail address", links, sample))
        register(
            Template(emails.CONFIRM_NEW, "Confirm your new e-mail address", links, emails.CONFIRM_SAMPLE)
        )
        register(Template(emails.RESET, "Choose a new password", links, emails.RESET_SAMPLE))
        register(Template(emails.SECURITY, "{headline}", emails.warning_facts, emails.warning_sample()))
        ways = {"fixed": True, "mailed": True, "own_mail": True}
        notices.register(notices.NoticeType(security.NOTICE, "Your account", "{happened}", **ways))
