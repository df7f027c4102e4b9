from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0018_view_health"),
    ]

    operations = [
        Permit({"ops.apply_fixes": ["operator"]}),
    ]
