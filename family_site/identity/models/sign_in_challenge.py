"""``sign_in_challenges``: between the right password and the code of the second factor.

Source: HTTP contract, sections 3 (login_2fa) and 11 (second factor).
"""

from datetime import timedelta

from django.db import models

from ops.mongo.indexes import Index, declare


class SignInChallenge(models.Model):
    """Somebody knew the password; ``_id`` is made of the SHA-256 of the token that they were given.

    ``address``: the only one from which it is answered. ``tries``: how often that was tried. The challenge is
    void once the user's ``security_stamp`` is another.
    """

    id = models.CharField(primary_key=True, db_column="_id", max_length=64, editable=False)
    v = models.PositiveSmallIntegerField(default=1)
    user_id = models.CharField(max_length=64)
    security_stamp = models.CharField(max_length=64)
    address = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null: it came by no network
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sign_in_challenges"

    def __str__(self) -> str:
        """Return whose it is."""
        return f"challenge of {self.user_id}"


INDEXES = declare("sign_in_challenges", Index(("expires_at",), ttl=timedelta(days=1)))
