"""What the app registers."""

from django.apps import AppConfig


class FamiliesConfig(AppConfig):
    """Families."""

    name = "families"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"
