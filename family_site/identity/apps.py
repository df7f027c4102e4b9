"""What the app registers."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Users and sessions."""

    name = "family_site.identity"
    label = "identity"
    verbose_name = "People"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"
