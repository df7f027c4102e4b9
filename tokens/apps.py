"""What the app registers."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """SBD accounts."""

    name = "tokens"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"
