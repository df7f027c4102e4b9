from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0012_access_and_security"),
    ]

    operations = [
        Permit({"ops.clear_cache": ["operator"]}),
    ]
