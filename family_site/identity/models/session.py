"""``sessions``: one sign-in, of the API or of a browser, until it ends."""

from datetime import timedelta

from django.db import models

from ops.ids import ids
from ops.mongo.indexes import Index, declare


class Session(models.Model):
    """A sign-in.

    ``refresh`` names the one refresh token that is good: ``{jti, iat, exp, kid}``; ``kid`` is the id of the
    key that signed it.

    ``previous`` is the one that was changed for it, and when, in Unix seconds: ``{jti, rotated_at}``.

    ``security_stamp`` is the user's at the time of the sign-in; the session ends when theirs changes.

    ``second_factor_at``: when the second factor was shown, at the sign-in or since. ``fresh_until``: how long
    that is enough for what needs it fresh. A browser's session keeps both in its data.

    ``viewing_as``: what a member of staff looks at as another person: ``{user_id, username, until}``.
    ``revoked_reason``: why it ended, where that was not a change of its own: ``idle``.

    A browser's session has the SHA-256 of its cookie as ``_id`` and Django's data in ``data``.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=128, default=ids("ses"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=16)
    user_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: a form before sign-in
    security_stamp = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: of a browser
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=32, null=True)  # noqa: DJ001
    second_factor_at = models.DateTimeField(null=True)
    fresh_until = models.DateTimeField(null=True)
    refresh = models.JSONField(null=True)
    previous = models.JSONField(null=True)
    viewing_as = models.JSONField(null=True)
    data = models.TextField(default="")
    address = models.CharField(max_length=64, null=True)  # noqa: DJ001
    user_agent = models.CharField(max_length=200, null=True)  # noqa: DJ001

    class Meta:
        db_table = "sessions"

    def __str__(self) -> str:
        """Return kind and owner."""
        return f"{self.kind} session of {self.user_id}"


INDEXES = declare(
    "sessions",
    Index(("user_id", "-created_at")),
    Index(("-created_at", "-_id")),
    Index(("expires_at",), ttl=timedelta(days=1)),
)
