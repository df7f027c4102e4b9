"""``users``: who signs in."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django_mongodb_backend.fields import ArrayField

from ops.ids import ids, new_id
from ops.mongo.indexes import Index, declare


def new_stamp() -> str:
    """Return a fresh security stamp; changing it ends every session of the user."""
    return new_id("stamp")


class UserManager(BaseUserManager["User"]):
    """Finds users by their name. They come into being by ``actions.registration`` only."""


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The username never changes and is never given again; the address is case-folded.

    ``staff_roles``: names of roles of staff; ``actions.roles`` grants and revokes them, and keeps
    ``is_staff`` in step. What they may stands in the roles' own documents.

    ``second_factor`` is ``{secret, on_since, last_step, backup_codes, backup_codes_at}``: the secret sealed,
    Unix seconds, the number of the last step whose code was used, keyed digests of the unused backup codes.
    ``second_factor_pending`` is ``{secret, expires_at}``: one that is being set up.

    ``external_identities``: who they are at other providers, ``{issuer, subject, linked_at}`` each, the last
    a Unix second; ``actions.external`` links them.

    ``permanent_tokens`` says of each token that may be in force ``{token_id, security_stamp, expires_at}``,
    the last a Unix second: whoever makes one writes here, so that two at a time do not make one too many.

    ``password_at``: when the password was set, unless it is the first one. ``new_password_since``: since when
    they must choose another, see ``actions.forcing_passwords``; missing or null: they need not.

    Signing in writes ``sign_ins``, ``signed_in_at`` and ``devices``: digests of the latest devices, each with
    its network, the last one first.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("user"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    username = models.CharField(max_length=50)
    email = models.CharField(max_length=254)
    email_confirmed_at = models.DateTimeField(null=True)
    security_stamp = models.CharField(max_length=64, default=new_stamp, editable=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    staff_roles = ArrayField(models.CharField(max_length=64), default=list)
    second_factor = models.JSONField(null=True)
    second_factor_pending = models.JSONField(null=True)
    permanent_tokens = models.JSONField(default=list)
    external_identities = models.JSONField(default=list)
    created_at = models.DateTimeField()
    # Django's own groups and permissions cost joins that read collections whole; ours are roles.
    groups = None  # type: ignore[assignment]  # Django's way to leave a field of a base out
    user_permissions = None  # type: ignore[assignment]  # as above
    # Django's own would be written at each sign-in to the console; sessions tell the same.
    last_login = None

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        db_table = "users"

    def __str__(self) -> str:
        """Return the name."""
        return str(self.username)


INDEXES = declare(
    "users",
    Index(("username",), unique=True),
    Index(("email",), unique=True),
    Index(("-created_at", "-_id")),
    Index(("is_staff", "-created_at", "-_id")),
    Index(("is_active", "-created_at", "-_id")),
    Index(
        ("external_identities.subject", "external_identities.issuer"),
        unique=True,
        partial={"external_identities.subject": {"$gt": ""}},
    ),
)
