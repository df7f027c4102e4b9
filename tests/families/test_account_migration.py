"""What families wished to be told of before their accounts knew it is copied to them."""

from importlib import import_module

from django.db import connection

from ops.mongo.collections import Document, collection
from tests import commands
from tests.database import documents
from tests.factories import Person, new_family

copy_wishes = import_module("families.migrations.0006_accounts").copy_wishes


def copy() -> None:
    with commands.unwatched(), connection.schema_editor() as editor:
        copy_wishes(None, editor)


def wishes(family: Document) -> object:
    accounts = documents("sbd_accounts")["sbd_accounts"]
    (found,) = [each for each in accounts if each["_id"] == family["account_id"]]
    return found["notification_settings"]


def test_what_was_wished_is_copied_with_the_defaults_of_the_rest(person: Person) -> None:
    wishing, other = new_family(person, "Larks"), new_family(person, "Owls")
    settings = {"notification_settings": {"notify_on_spend": False, "large_transaction_threshold": 5}}
    collection("families").update({"_id": wishing["_id"]}, {"$set": settings})
    before = documents("families")

    copy()
    copy()

    assert wishes(wishing) == {
        "notify_on_spend": False,
        "notify_on_deposit": True,
        "notify_admins_only": False,
    }
    assert wishes(other) is None
    assert documents("families") == before
