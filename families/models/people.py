"""``family_people``: what one person has to do with families; the document that holds their limits.

Founding and joining write it conditionally in their unit, so that parallel calls cannot pass a limit.
Source: design, section 4.
"""

from django.db import models
from django_mongodb_backend.fields import ArrayField

from ops.mongo.indexes import declare


class FamilyPerson(models.Model):
    """A person among families; ``_id`` is the user's id.

    ``founded`` and ``member_of`` hold ids of active families. ``limits`` holds what staff set:
    ``max_families_founded``, ``max_memberships``, ``max_members`` of a family they founded; what is missing
    has its default in the settings. ``grace`` holds, by the same names, what replaces them and when:
    ``{limit, effective_at, ends_at}``, from the last of which on it holds, by time alone. ``limits_version``
    counts how often staff set any. ``is_active``: false while the user is disabled.
    """

    id = models.CharField(primary_key=True, db_column="_id", max_length=64, editable=False)
    v = models.PositiveSmallIntegerField(default=1)
    founded = ArrayField(models.CharField(max_length=64), default=list)
    member_of = ArrayField(models.CharField(max_length=64), default=list)
    limits = models.JSONField(default=dict)
    grace = models.JSONField(null=True)
    limits_version = models.BigIntegerField(default=0)
    notice_preferences = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "family_people"
        verbose_name_plural = "family people"

    def __str__(self) -> str:
        """Return the user's id."""
        return str(self.id)


INDEXES = declare("family_people")
