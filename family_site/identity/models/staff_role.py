"""``staff_roles``: what each role of staff may. Source: HTTP contract, section 1.2 (staff)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.migrations.operations.base import Operation
from django_mongodb_backend.fields import ArrayField

from family_site.identity import roles

if TYPE_CHECKING:
    from family_site.identity.models.user import User

COLLECTION = "staff_roles"


class StaffRoleManager(models.Manager["StaffRole"]):
    """Finds what people may."""

    def permissions_of(self, user: "User") -> frozenset[str]:
        """Return what a user may as staff, ``EVERYTHING`` among it for a superuser.

        One look by ``_id``, and none for a superuser or for whoever has no role.
        """
        if not user.is_active:
            return frozenset()
        asks = user.is_staff and not user.is_superuser and user.staff_roles
        found = self.filter(pk__in=sorted(user.staff_roles)) if asks else self.none()
        by_roles = found.values_list("permissions", flat=True)
        return roles.permitted(is_staff=user.is_staff, is_superuser=user.is_superuser, by_roles=by_roles)


class StaffRole(models.Model):
    """A role: its name is the ``_id``. ``permissions`` are strings like ``ops.run_cleanup``."""

    id = models.CharField("role", primary_key=True, db_column="_id", max_length=64, editable=False)
    v = models.PositiveSmallIntegerField(default=1)
    permissions = ArrayField(models.CharField(max_length=100), default=list)

    objects: ClassVar[StaffRoleManager] = StaffRoleManager()

    class Meta:
        db_table = COLLECTION

    def __str__(self) -> str:
        """Return the role's name."""
        return str(self.id)


class Permit(Operation):
    """Migration: give permissions to roles; what a role has besides stays. Backwards it takes them."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, permissions: Mapping[str, Iterable[str]]) -> None:
        """Take the roles of each permission, as the table in ``identity.roles`` has them."""
        self.permissions = {permission: tuple(roles) for permission, roles in permissions.items()}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: the models stay as they are."""

    def database_forwards(self, _app_label: str, editor: Any, _before: Any, _after: Any) -> None:
        """Write; a role that is new is made."""
        stored = editor.get_collection(COLLECTION)
        for role, permissions in self._by_role().items():
            given = {"permissions": {"$each": permissions}}
            stored.update_one({"_id": role}, {"$addToSet": given, "$setOnInsert": {"v": 1}}, upsert=True)

    def database_backwards(self, _app_label: str, editor: Any, _before: Any, _after: Any) -> None:
        """Take the permissions from the roles."""
        stored = editor.get_collection(COLLECTION)
        for role, permissions in self._by_role().items():
            stored.update_one({"_id": role}, {"$pull": {"permissions": {"$in": permissions}}})

    def describe(self) -> str:
        """Say what the migration does."""
        return f"Give {len(self.permissions)} permissions to roles of staff"

    def _by_role(self) -> dict[str, list[str]]:
        given: dict[str, list[str]] = {}
        for permission, names in self.permissions.items():
            for name in names:
                given.setdefault(name, []).append(permission)
        return given
