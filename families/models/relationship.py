"""``family_relationships``: a pair of members, and what each is to the other, in one document.

So both sides are written together, and always agree. Source: design, section 4; HTTP contract, section 6.
"""

from django.db import models

from families import rules
from ops.ids import ids
from ops.mongo.indexes import Index, declare


class FamilyRelationship(models.Model):
    """A relationship.

    ``user_a`` and ``user_b`` are ``{user_id, relationship_type}``; the type says what **the other** is to
    this person. ``pair`` holds both ids in the order of the alphabet.
    """

    id = models.CharField(
        primary_key=True, db_column="_id", max_length=64, default=ids("rel"), editable=False
    )
    v = models.PositiveSmallIntegerField(default=1)
    family_id = models.CharField(max_length=64)
    pair = models.CharField(max_length=129)
    user_a = models.JSONField()
    user_b = models.JSONField()
    status = models.CharField(max_length=16, default=rules.RelationshipStatus.ACTIVE)
    created_by = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "family_relationships"

    def __str__(self) -> str:
        """Return who and what."""
        return f"{self.pair} ({self.status})"


INDEXES = declare(
    "family_relationships",
    Index(("family_id", "status", "created_at", "_id")),
    Index(("family_id", "pair"), unique=True, partial={"status": "active"}),
    # Of one person, whichever side of a pair they are.
    Index(("family_id", "user_a.user_id", "status")),
    Index(("family_id", "user_b.user_id", "status")),
)
