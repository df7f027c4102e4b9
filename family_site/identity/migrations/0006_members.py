from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0005_limits"),
    ]

    operations = [
        Permit(
            {
                "families.view_familyperson": ["support", "auditor"],
                "families.manage_members": ["support"],
                "families.dissolve_family": ["support"],
                "ops.view_notification": ["support", "auditor"],
            }
        ),
    ]
