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
        from family_site.identity import (  # noqa: PLC0415  # models must be loaded first
            breach,
            emails,
            entering,
            fixes,
            front,
            personal,
            timeline,
            viewing,
        )
        from family_site.identity.actions import access, proving, restored, security  # noqa: PLC0415
        from family_site.identity.checks import CHECKS, external, second_factor  # noqa: PLC0415
        from ops import notices  # noqa: PLC0415
        from ops import second_factor as fresh  # noqa: PLC0415
        from ops.access import people  # noqa: PLC0415
        from ops.console import sign_in  # noqa: PLC0415
        from ops.doctor import registry  # noqa: PLC0415
        from ops.health import components  # noqa: PLC0415
        from ops.outbox.templates import Template, register  # noqa: PLC0415

        for each in (timeline, breach, personal, front, viewing, fixes):
            each.enter()
        people.register(access)
        fresh.register(proving.confirmation_of)
        sign_in.register(entering.ask_staff)
        links, sample = emails.link_facts, emails.CONFIRM_SAMPLE
        register(Template(emails.CONFIRM, "Confirm your e-mail address", links, sample))
        register(Template(emails.CONFIRM_NEW, "Confirm your new e-mail address", links, sample))
        register(Template(emails.RESET, "Choose a new password", links, emails.RESET_SAMPLE))
        register(Template(emails.SECURITY, "{headline}", emails.warning_facts, emails.warning_sample()))
        ways = {"fixed": True, "mailed": True, "own_mail": True}
        notices.register(notices.NoticeType(security.NOTICE, "Your account", "{happened}", **ways))
        for check in CHECKS:
            registry.register(check)
        components.register(components.Component("two_factor", second_factor.probe))
        external.enter()
        restored.enter()
