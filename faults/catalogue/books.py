"""Faults of what is written: balances, the audit log, limits, backups, sign-in, accounts."""

import contextlib
import shutil
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from faults.catalogue.mongo import DATABASE
from faults.fault import Deed, Fault, as_printed
from faults.ground import CONTROL, Ground
from faults.nuisance import Nuisance

MORE = 7  # tokens that nobody has posted
TRIES = 15
PERSON = "caller-5"  # who never calls: each payment would write the edited balance down
ANOTHER_KEY = "k" * 48
CONFIGURED, COUNTER = "rate_limit_config", "rate_limit:user:somebody:family_create"


def _on(database: str, collection: str, which: dict[str, Any], change: dict[str, Any]) -> Deed:
    """Return the deed that changes one document past the product."""

    def update(ground: Ground) -> None:
        with ground.client() as client:
            if client[database][collection].update_one(which, change).modified_count != 1:
                raise LookupError(f"{collection} has no {which}")

    return update


def _person(amount: int) -> Deed:
    return _on(DATABASE, "sbd_accounts", {"username": PERSON}, {"$inc": {"balance": amount}})


def _balance_edited(ground: Ground) -> None:
    """Edit it, and let the nightly check of the ledger come by."""
    _person(MORE)(ground)
    ground.tried("verify_ledger")


def _balance_back(ground: Ground, _said: object) -> None:
    _person(-MORE)(ground)
    ground.tried("verify_ledger")


def _chain_changed(ground: Ground) -> None:
    """Change the head that is kept apart, as somebody does who cuts entries off."""
    with ground.client() as client:
        client[CONTROL]["chain_heads"].update_one({"_id": "audit_log"}, {"$inc": {"seq": MORE}})


def _hash_edited(ground: Ground) -> None:
    ground.nuisance = Nuisance(lambda: _in_redis(ground, "hset", CONFIGURED, "family_create", "by hand"))


def _hash_no_hash(ground: Ground) -> None:
    ground.nuisance = Nuisance(lambda: _in_redis(ground, "set", CONFIGURED, "by hand"))


def _endless_counter(ground: Ground) -> None:
    ground.nuisance = Nuisance(lambda: _in_redis(ground, "set", COUNTER, "3"))


def _in_redis(ground: Ground, command: str, *words: str) -> None:
    with ground.redis() as client:
        if command == "hset" and client.type(words[0]) != b"hash":
            client.delete(words[0])
        getattr(client, command)(*words)


def _remirrored(ground: Ground, said: Any) -> None:
    ground.leave_alone()
    with ground.redis() as client:
        client.delete(COUNTER)
    as_printed(ground, said)


def _backup_moved(ground: Ground) -> None:
    latest = ground.at / "backups" / "mongodb" / "latest"
    latest.rename(latest.with_name("elsewhere"))


def _backup_shortened(ground: Ground) -> None:
    latest = (ground.at / "backups" / "mongodb" / "latest").resolve()
    largest = max(latest.glob("*.bson"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-10])


def _backups_old(ground: Ground) -> None:
    old = datetime.now(UTC) - timedelta(days=2)
    with ground.client() as client:
        client[CONTROL]["backups"].update_many({"kind": "backup"}, {"$set": {"ended_at": old, "as_of": old}})


def _backup_failed(ground: Ground) -> None:
    """Let a backup be made where a file is in the way."""
    (ground.at / "backups" / "mongodb").rename(ground.at / "kept")
    (ground.at / "backups" / "mongodb").write_text("a file is in the way")
    ground.tried("backup")


def _backup_possible(ground: Ground, _said: object) -> None:
    (ground.at / "backups" / "mongodb").unlink()
    (ground.at / "kept").rename(ground.at / "backups" / "mongodb")
    ground.manage("backup")


def _restore_begun(ground: Ground) -> None:
    begun = {
        "_id": "unfinished_restore",
        "from": "latest",
        "begun_at": datetime.now(UTC),
        "by": "shell:somebody",
    }
    with ground.client() as client:
        client[CONTROL]["backups"].insert_one(begun)


def _restore_ended(ground: Ground, _said: object) -> None:
    with ground.client() as client:
        client[CONTROL]["backups"].delete_one({"_id": "unfinished_restore"})


def _forged(ground: Ground) -> None:
    """Call with tokens that another key has signed."""
    now = int(time.time())
    claims = {
        "sub": PERSON,
        "iat": now,
        "exp": now + 600,
        "iss": "family-management-system",
        "aud": "family-management-system",
        "typ": "access",
        "jti": "x",
        "sid": "x",
    }
    token = jwt.encode(claims, ANOTHER_KEY, "HS256")
    for _ in range(TRIES):
        _call(ground, "/family/my-families", {"Authorization": f"Bearer {token}"})


def _guessed(ground: Ground) -> None:
    """Try passwords."""
    body = b'{"username": "caller-1", "password": "Not-The-One-7!"}'
    for _ in range(2 * TRIES):
        _call(ground, "/auth/login", {"Content-Type": "application/json"}, body)


def _call(ground: Ground, path: str, headers: dict[str, str], body: bytes | None = None) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{ground.web_port}{path}", body, headers)
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310  # our own address


def _web_anew(ground: Ground, _said: object) -> None:
    ground.web.restart()


def _guesses_forgotten(ground: Ground, _said: object) -> None:
    with ground.client() as client:
        client[DATABASE]["security_events"].delete_many({})
        client[DATABASE]["sign_in_failures"].delete_many({})


def _disk_full(ground: Ground) -> None:
    """Fill a small disk on which the backups lie."""
    backups = ground.at / "backups"
    shutil.copytree(backups, ground.at / "copy", symlinks=True)
    ground.mount(backups, "8m")
    shutil.copytree(ground.at / "copy", backups, symlinks=True, dirs_exist_ok=True)
    with contextlib.suppress(OSError), (backups / "rubbish").open("wb") as file:
        while True:
            file.write(b"\0" * 65536)


def _disk_empty(ground: Ground, _said: object) -> None:
    ground.unmount()
    shutil.rmtree(ground.at / "copy")


_STAFF = {"username": "caller-2"}
_MERCHANT = {"username": "system_merchant"}
FAULTS = (
    Fault(
        "a balance is edited", frozenset({"ledger"}), _balance_edited, _balance_back, printed="verify_ledger"
    ),
    Fault(
        "the head of the audit log is changed",
        frozenset({"audit"}),
        _chain_changed,
        None,
        printed="verify_audit",
    ),
    Fault(
        "limits: the hash is edited",
        frozenset({"limits"}),
        _hash_edited,
        _remirrored,
        printed="limits remirror",
    ),
    Fault(
        "limits: the hash is a string",
        frozenset({"limits"}),
        _hash_no_hash,
        _remirrored,
        printed="limits remirror",
    ),
    Fault(
        "limits: a counter without an end",
        frozenset({"limits"}),
        _endless_counter,
        _remirrored,
        printed="limits remirror",
    ),
    Fault(
        "the backup is moved away",
        frozenset({"backup"}),
        _backup_moved,
        as_printed,
        printed="manage.py backup",
    ),
    Fault(
        "a file of the backup is cut off",
        frozenset({"backup"}),
        _backup_shortened,
        as_printed,
        printed="manage.py backup",
    ),
    Fault(
        "the last backup is two days old",
        frozenset({"backup"}),
        _backups_old,
        as_printed,
        printed="manage.py backup",
    ),
    Fault(
        "the last backup failed",
        frozenset({"backup"}),
        _backup_failed,
        _backup_possible,
        printed="manage.py backup",
    ),
    Fault(
        "a restore was begun and has not ended",
        frozenset({"backup"}),
        _restore_begun,
        _restore_ended,
        printed="manage.py restore",
    ),
    Fault("the disk of the backups is full", frozenset({"disk", "backup"}), _disk_full, _disk_empty),
    Fault("tokens are forged", frozenset({"auth"}), _forged, _web_anew, shows_after=15.0, heals_within=90.0),
    Fault(
        "passwords are guessed",
        frozenset({"auth"}),
        _guessed,
        _guesses_forgotten,
        printed="security_events",
        shows_after=5.0,
    ),
    Fault(
        "somebody of staff has no second factor",
        frozenset({"two_factor"}),
        _on(DATABASE, "users", _STAFF, {"$set": {"is_staff": True}}),
        lambda ground, _said: _on(DATABASE, "users", _STAFF, {"$set": {"is_staff": False}})(ground),
    ),
    Fault(
        "the merchant's account is closed",
        frozenset({"merchant"}),
        _on(DATABASE, "sbd_accounts", _MERCHANT, {"$set": {"status": "closed"}}),
        lambda ground, _said: _on(DATABASE, "sbd_accounts", _MERCHANT, {"$set": {"status": "active"}})(
            ground
        ),
    ),
)
