from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0020_incidents"),
    ]

    operations = [
        Permit({"identity.view_as": ["support", "auditor"]}),
    ]
