from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0011_rate_limits"),
    ]

    operations = [
        Permit(
            {
                "ops.view_accessrule": ["operator", "auditor"],
                "ops.manage_access": ["operator"],
                "ops.view_securityevent": ["operator", "auditor"],
                "ops.view_security": ["operator", "auditor"],
                "ops.resolve_security": ["operator"],
            }
        ),
    ]
