"""``manage.py cleanup_expired_token_requests``: the job's work at once, from a shell."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command

from ops.mongo.collections import collection
from tests.database import documents
from tests.factories import Person, new_family, new_requests

COLLECTIONS = ("token_requests", "purchase_requests")


def run(*options: str) -> str:
    """Run it; returns what it says."""
    out = StringIO()
    call_command("cleanup_expired_token_requests", *options, stdout=out)
    return out.getvalue()


def ask_long_ago(person: Person) -> None:
    """Let a request for tokens and one for a purchase have expired."""
    new_requests(new_family(person)["_id"], person)
    for name in COLLECTIONS:
        (request,) = documents(name)[name]
        expired = request["expires_at"] - timedelta(days=60)
        collection(name).update({"_id": request["_id"]}, {"$set": {"expires_at": expired}})


def test_without_apply_it_only_counts(person: Person) -> None:
    ask_long_ago(person)
    before = documents()

    assert run() == "2 overdue\nNothing was changed; --apply does it.\n"
    assert documents() == before


def test_it_marks_them_once_in_the_name_of_who_typed_it(person: Person) -> None:
    ask_long_ago(person)

    assert [run("--apply"), run("--apply")] == ["2 expired\n", "0 expired\n"]
    found = documents(*COLLECTIONS)
    assert {request["status"] for name in COLLECTIONS for request in found[name]} == {"expired"}
