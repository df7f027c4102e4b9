from django.db import migrations, models
from django_mongodb_backend.fields import ArrayField

from family_site.identity.models.staff_role import Permit


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_refresh_and_failures"),
    ]

    operations = [
        migrations.RemoveField(model_name="user", name="groups"),
        migrations.RemoveField(model_name="user", name="user_permissions"),
        migrations.AddField(
            model_name="user",
            name="staff_roles",
            field=ArrayField(models.CharField(max_length=64), default=list),
        ),
        migrations.CreateModel(
            name="StaffRole",
            fields=[
                (
                    "id",
                    models.CharField(
                        db_column="_id",
                        editable=False,
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                        verbose_name="role",
                    ),
                ),
                ("v", models.PositiveSmallIntegerField(default=1)),
                ("permissions", ArrayField(models.CharField(max_length=100), default=list)),
            ],
            options={
                "db_table": "staff_roles",
            },
        ),
        Permit(
            {
                "*": ["superuser"],
                # People
                "identity.view_user": ["support", "finance", "auditor"],
                "identity.view_session": ["support", "auditor"],
                "identity.view_staffrole": ["auditor"],
                "identity.confirm_email": ["support"],
                "identity.disable_user": ["support"],
                "identity.revoke_session": ["support"],
                # Families
                "families.view_family": ["support", "finance", "auditor"],
                "invitations.view_familyinvitation": ["support", "auditor"],
                "invitations.resend_familyinvitation": ["support"],
                "invitations.cancel_familyinvitation": ["support"],
                "invitations.expire_familyinvitation": ["support"],
                # Tokens
                "tokens.view_sbdaccount": ["finance", "auditor"],
                # Operations
                "ops.view_auditentry": ["operator", "auditor"],
                "ops.view_mail": ["support", "operator", "auditor"],
                "ops.resend_mail": ["support", "operator"],
                "ops.run_cleanup": ["operator"],
            }
        ),
    ]
