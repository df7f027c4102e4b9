"""``sbd_accounts``: a balance, and who may spend what of it.

Balance, rights and freeze lie in one document, so that they cannot pass each other. Source: design,
sections 4 and 5.
"""

from django.db import models
from django_mongodb_backend.fields import EmbeddedModelArrayField, EmbeddedModelField
from django_mongodb_backend.models import EmbeddedModel

from ops.ids import ids
from ops.mongo.indexes import Index, declare
from tokens import rules


class Owner(EmbeddedModel):
    """Whose account it is; ``active``: false once the owner is disabled, deleted or dissolved."""

    kind = models.CharField(max_length=16)
    owner_id = models.CharField(max_length=64, db_column="id")  # Django keeps the name `id` for keys
    active = models.BooleanField(default=True)

    class Meta:
        managed = False

    def __str__(self) -> str:
        """Return kind and id."""
        return f"{self.kind} {self.owner_id}"


class Holder(EmbeddedModel):
    """A person with rights on the account.

    ``spending_limit`` caps one transaction, in tokens (-1: unlimited); ``period_limit`` is
    ``{period, limit}`` or null, and ``period`` the running total ``{key, spent}`` of that period.
    """

    user_id = models.CharField(max_length=64)
    role = models.CharField(max_length=16)
    can_spend = models.BooleanField(default=False)
    spending_limit = models.BigIntegerField(default=0)
    period_limit = models.JSONField(null=True)
    period = models.JSONField(null=True)
    active = models.BooleanField(default=True)
    updated_by = models.CharField(max_length=64)
    updated_at = models.DateTimeField()

    class Meta:
        managed = False

    def __str__(self) -> str:
        """Return who and as what."""
        return f"{self.user_id} ({self.role})"


class SbdAccount(models.Model):
    """An SBD account. ``seq`` numbers its entries; ``version`` counts changes of rights and state.

    ``last_at`` is the time of the last entry. System accounts have ``rolled_up`` instead, ``{at, entry}``: up
    to which entry the balance is the sum of all. ``notification_settings`` are those of the family that owns
    it, as far as they were ever set; ``freeze`` is ``{by, by_name, by_staff, at, reason}`` or null.
    ``touches`` counts what changes nothing of the account, and must not pass a change of it nor be passed by
    one.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("acc"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    username = models.CharField("account name", max_length=64)
    owner = EmbeddedModelField(Owner)
    status = models.CharField(max_length=16, default=rules.AccountStatus.ACTIVE)
    freeze = models.JSONField(null=True)
    balance = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    rolled_up = models.JSONField(null=True)
    version = models.BigIntegerField(default=1)
    touches = models.BigIntegerField(default=0)
    large_transaction_threshold = models.BigIntegerField(default=rules.DEFAULT_LARGE_TRANSACTION)
    notification_settings = models.JSONField(null=True)
    holders = EmbeddedModelArrayField(Holder)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "sbd_accounts"
        verbose_name = "SBD account"

    def __str__(self) -> str:
        """Return the account's name."""
        return str(self.username)


INDEXES = declare(
    "sbd_accounts",
    Index(("username",), unique=True),
    Index(("owner.id", "owner.kind")),
    Index(("holders.user_id",)),
    Index(("-created_at", "-_id")),
    Index(("owner.kind", "-created_at", "-_id")),
    Index(("status", "-created_at", "-_id")),
)
