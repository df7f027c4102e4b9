from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0007_tokens"),
    ]

    operations = [
        Permit(
            {
                "tokens.view_tokenrequest": ["finance", "auditor"],
                "tokens.view_purchaserequest": ["finance", "auditor"],
                "tokens.end_request": ["finance"],
            }
        ),
    ]
