from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0016_permanent_tokens"),
    ]

    operations = [
        Permit({"identity.reset_second_factor": ["support"]}),
    ]
