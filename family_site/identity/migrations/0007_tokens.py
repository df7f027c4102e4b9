from django.db import migrations

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_members"),
    ]

    operations = [
        Permit(
            {
                "tokens.view_sbdtransaction": ["finance", "auditor"],
                "tokens.view_sbdentry": ["finance", "auditor"],
                "tokens.view_issuance": ["finance", "auditor"],
                "tokens.issue_tokens": ["finance"],
                "tokens.reverse_transaction": ["finance"],
                "tokens.freeze_account": ["finance"],
                "tokens.validate_any": ["finance"],
            }
        ),
    ]
