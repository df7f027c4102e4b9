from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0004_mailed_links"),
    ]

    operations = [
        Permit({"families.change_limits": ["support"]}),
    ]
