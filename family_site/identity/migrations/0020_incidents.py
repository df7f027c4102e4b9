from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0019_apply_fixes"),
    ]

    operations = [
        Permit(
            {
                "ops.view_incident": ["support", "operator", "auditor"],
                "ops.manage_incident": ["operator"],
                "ops.respond_security": ["operator"],
            }
        ),
    ]
