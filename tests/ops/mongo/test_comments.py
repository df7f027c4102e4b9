"""What stands with each command to the database: where it comes from."""

import threading
import time
from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest
from celery import shared_task
from django.conf import settings
from django.db import connection

from ops import copies, origin
from ops.access import in_force
from ops.mongo.collections import collection, control_collection
from ops.mongo.unit_of_work import unit_of_work
from tests import commands
from tests.api import Api
from tests.factories import Person, new_family
from tests.ops.mongo.pots import Pot, Server, new_pot
from tests.ops.mongo.test_collections import everything

ID = "0123456789abcdef"
# What ends or begins nothing of its own: it bears the transaction's number, and that is enough.
UNTAGGED = {"commitTransaction", "abortTransaction", "create", "createIndexes"}


def comments(heard: list[dict[str, Any]]) -> set[str | None]:
    """Return what stands with the commands."""
    return {each.get("comment") for each in heard if next(iter(each)) not in UNTAGGED}


def by_orm() -> None:
    """Read and write in each way of the ORM."""
    pots = Pot.objects.filter(shelf="top")
    Pot.objects.create(id="a", owner="a")
    Pot.objects.bulk_create([Pot(id="b", owner="b"), Pot(id="c", owner="c")])
    pots.filter(pk="a").update(balance=5)
    assert [each.pk for each in pots.filter(pk__in=["a", "b"])] == ["a", "b"]
    assert pots.filter(pk="a").exists()
    assert pots.filter(owner="a").count() == 1
    assert Pot.objects.get(pk="a").balance == 5
    pots.filter(pk="c").delete()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("work", [everything, by_orm], ids=["driver", "orm"])
@pytest.mark.parametrize("in_unit", [False, True], ids=["alone", "in a unit"])
def test_each_way_to_read_and_write_says_where_it_comes_from(
    work: Callable[[], None], *, in_unit: bool
) -> None:
    work = unit_of_work()(work) if in_unit else work

    with origin.of(ID, "a job"), commands.recorded() as heard:
        work()

    assert comments(heard) == {f"a job {ID}"}


@pytest.mark.usefixtures("server")
def test_what_a_cursor_fetches_later_and_a_collection_with_other_options_say_it_too() -> None:
    for name in ("a", "b", "c"):
        new_pot(name)
    pots = collection("pots").raw.with_options(codec_options=collection("pots").raw.codec_options)

    with origin.of(ID, "a job"), commands.recorded() as heard:
        assert len(list(pots.find({}, batch_size=2))) == 3

    assert [(next(iter(each)), each["comment"]) for each in heard] == [
        ("find", f"a job {ID}"),
        ("getMore", f"a job {ID}"),
    ]


def test_a_request_is_named_by_its_route_and_its_id_and_never_by_its_path(
    api: Callable[..., Api], person: Person
) -> None:
    family = new_family(person, "The Larks")

    with commands.recorded() as heard:
        answer = api(person).get(f"/family/{family['_id']}/members?limit=5", X_Request_ID=ID)

    assert answer.status == 200
    assert comments(heard) == {f"GET /family/<str:family_id>/members {ID}"}


def test_a_change_is_one_unit_whose_every_command_is_named(api: Callable[..., Api], person: Person) -> None:
    with commands.recorded() as heard:
        answer = api(person).post("/family/create", {"name": "The Larks"}, X_Request_ID=ID)

    assert answer.status == 201
    assert {"insert", "findAndModify", "commitTransaction"} <= set(commands.names(heard))
    assert comments(heard) == {f"POST /family/create {ID}"}


def test_the_runs_of_a_job_are_named_by_the_job_and_the_run() -> None:
    from family_site.celery import app  # noqa: PLC0415  # the product's, whose tasks are ours

    @shared_task(name="tests.reads", app=app, base=app.Task)  # type: ignore[untyped-decorator]  # celery ships no types
    def read() -> str | None:
        collection("pots").find_one({"_id": "none"})
        return origin.request_id()

    with commands.recorded() as heard:
        first, second = (read.apply(task_id=each).get() for each in ("run-one", "run-two"))

    assert (first, second) == ("run-one", "run-two")
    assert [each["comment"] for each in heard] == ["tests.reads run-one", "tests.reads run-two"]


def test_what_no_request_and_no_job_asked_for_names_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def look() -> None:
        control_collection("heartbeats").find({}, limit=1)

    monkeypatch.setenv("SBD_ROLE", "shell")
    monkeypatch.setattr("sys.argv", ["/srv/manage.py", "verify_audit", "--secret"])
    with commands.recorded() as typed:
        Context().run(look)

    monkeypatch.setenv("SBD_ROLE", "web")
    with commands.recorded() as served:
        Context().run(look)

    assert comments(typed) == {"manage.py verify_audit"}
    assert comments(served) == {f"web {threading.current_thread().name}"}


def test_the_readers_of_copies_keep_their_own_comment() -> None:
    client: Any = connection.connection
    asked: list[Any] = []
    with commands.unwatched():
        database = client[settings.DATABASES["default"]["NAME"]]
        database.command("profile", 2)
        try:
            in_force.reader.forget()
            until = time.monotonic() + 10
            while not asked and time.monotonic() < until:
                asked = list(database["system.profile"].find({"command.comment": copies.COMMENT}))
        finally:
            database.command("profile", 0)
            database.drop_collection("system.profile")

    assert asked


def test_the_server_shows_who_asks_for_what_takes_long(server: Server) -> None:
    new_pot("a")
    stop = {"$where": "sleep(400) || true"}

    def slow() -> None:
        with origin.of(ID, "GET /slow"):
            collection("pots").find(stop, limit=1)

    asking = threading.Thread(target=slow)
    asking.start()
    seen: list[Any] = []
    while asking.is_alive() and not seen:
        mine = {"ns": server.pots.full_name, "command.find": {"$exists": True}}
        found = server.client.admin.aggregate([{"$currentOp": {}}, {"$match": mine}])
        seen = [(each["command"].get("comment"), each["appName"]) for each in found]
    asking.join()

    options: Any = settings.DATABASES["default"]["OPTIONS"]
    assert seen == [(f"GET /slow {ID}", options["appname"])]
