"""Django's own apps with MongoDB's keys, since their models leave the kind of key to the project."""

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig

OBJECT_ID = "django_mongodb_backend.fields.ObjectIdAutoField"


class MongoAdminConfig(AdminConfig):
    """The admin, with the project's own site."""

    default_auto_field = OBJECT_ID
    default_site = "ops.console.site.ConsoleSite"


class MongoAuthConfig(AuthConfig):
    """Groups and permissions."""

    default_auto_field = OBJECT_ID


class MongoContentTypesConfig(ContentTypesConfig):
    """Content types."""

    default_auto_field = OBJECT_ID
