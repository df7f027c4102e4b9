from typing import Any

from django.db import migrations

DEFAULTS = {"notify_on_spend": True, "notify_on_deposit": True, "notify_admins_only": False}


def copy_wishes(_apps: Any, editor: Any) -> None:
    """Copy what families wish to be told of to their accounts, where a payment reads it."""
    wished = {name: {"$ifNull": [f"$notification_settings.{name}", each]} for name, each in DEFAULTS.items()}
    editor.get_collection("families").aggregate(
        [
            {"$match": {"notification_settings": {"$ne": {}}}},
            {"$project": {"_id": "$account_id", "notification_settings": wished}},
            {"$merge": {"into": "sbd_accounts", "whenMatched": "merge", "whenNotMatched": "discard"}},
        ]
    )


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0005_limits"),
        ("tokens", "0003_ledger"),
    ]

    operations = [
        migrations.RunPython(copy_wishes, migrations.RunPython.noop),
    ]
