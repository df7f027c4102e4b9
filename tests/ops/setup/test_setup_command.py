"""``manage.py setup``, with settings that load."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.factories import new_person


def said(**options: object) -> list[str]:
    out = StringIO()
    call_command("setup", stdout=out, **options)
    return out.getvalue().splitlines()


def test_it_says_what_is_there_and_what_is_left(tmp_path: Path) -> None:
    backups = tmp_path / "deep" / "backups"
    with override_settings(BACKUP_DIR=backups, MAIL_SERVER=None):
        lines = said()

    assert lines == [
        "keys      SECRET_KEY, JWT_SIGNING_KEY, LINK_SIGNING_KEY, FIELD_KEY, AUDIT_KEY are there",
        f"database  {settings.MONGODB_NAME} is migrated, its indexes are there",
        f"backups   go to {backups}, not encrypted: BACKUP_KEY is empty",
        "staff     nobody yet: manage.py setup --staff NAME EMAIL",
        "mail      no server is set: MAIL_URL; mails wait until there is one",
    ]
    assert backups.stat().st_mode & 0o777 == 0o700


def test_staff_that_is_there_is_counted_and_nobody_more_is_made(tmp_path: Path) -> None:
    new_person("olga", is_staff=True)
    with override_settings(BACKUP_DIR=tmp_path):
        lines = said(staff=["oleg", "oleg@example.com"])

    assert lines[3] == "staff     1 member"
    assert lines[4] == "mail      not tried: manage.py setup --mail ADDRESS"


def test_a_directory_that_cannot_be_made_ends_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with override_settings(BACKUP_DIR=tmp_path / "file" / "backups"), pytest.raises(CommandError) as refused:
        said()

    assert "cannot be made (Not a directory)" in str(refused.value)
