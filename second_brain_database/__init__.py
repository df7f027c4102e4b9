"""The names by which the runbook's Python lines reach settings, limiter and mail. Nothing else imports it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "family_site.settings")
