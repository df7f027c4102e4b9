"""Beat's table: every line names a job, and every job tells how it went."""

import ast
import inspect
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.module_loading import autodiscover_modules

from family_site.celery import HARD_LIMIT_SECONDS, JOBS, LEAST_LIFE, Job, app
from ops.jobs import broker

ROOT = Path(__file__).resolve().parent.parent.parent.parent
DOORS = sorted(
    path for app in ("families", "family_site", "ops", "tokens") for path in (ROOT / app).rglob("tasks.py")
)
UNITS = {"s": "seconds", "min": "minutes", "day": "days"}


@pytest.fixture(scope="module", autouse=True)
def _found() -> None:
    """Find the tasks as a worker does."""
    autodiscover_modules("tasks")


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.task)
def test_each_line_names_a_task_that_takes_its_arguments_and_does_not_outlive_its_use(job: Job) -> None:
    entry: dict[str, Any] = app.conf.beat_schedule[job.task]
    task = app.tasks[job.task]

    inspect.signature(task.run).bind(**entry["kwargs"])
    assert entry["task"] == job.task
    assert entry["options"] == {"expires": max(job.every, LEAST_LIFE).total_seconds()}


def test_every_task_of_ours_is_in_the_table() -> None:
    ours = {name for name in app.tasks if not name.startswith(("celery.", "tests."))}

    assert ours == {job.task for job in JOBS} == set(app.conf.beat_schedule)


@pytest.mark.parametrize("path", DOORS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_task_is_a_door_that_leaves_a_heartbeat_of_its_name(path: Path) -> None:
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]

    assert functions
    for function in functions:
        decorator, (docstring, *rest) = ast.unparse(function.decorator_list[0]), function.body
        name = re.fullmatch(r"shared_task\(name=(.+)\)", decorator)
        assert name, decorator
        assert isinstance(docstring, ast.Expr)
        assert len(rest) == 1, function.name
        assert ast.unparse(rest[0]).startswith(f"with heartbeat({name[1]}):\n")


def test_the_documentation_has_the_same_table() -> None:
    text = (ROOT / "docs" / "jobs.md").read_text()
    lines = re.findall(r"^\| `([a-z._]+)` \| (\d+) (s|min|day) \| (.+) \|$", text, re.MULTILINE)

    shown = [(name, timedelta(**{UNITS[unit]: int(count)}), what) for name, count, unit, what in lines]
    assert shown == [(job.task, job.every, job.what_for) for job in JOBS]


def test_a_task_that_runs_is_not_given_to_another_worker() -> None:
    conf = app.conf

    assert conf.broker_transport_options["visibility_timeout"] > HARD_LIMIT_SECONDS
    assert (conf.task_soft_time_limit, conf.task_time_limit) == (60, 90)


def test_only_json_comes_in_and_no_result_is_kept() -> None:
    assert (app.conf.accept_content, app.conf.task_serializer) == (["json"], "json")
    assert (app.conf.result_backend, app.conf.task_ignore_result) == (None, True)


@pytest.mark.parametrize(
    ("cache", "queue"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/1"),
        ("redis://:w%40rd@cache.example.com", "redis://:w%40rd@cache.example.com/1"),
        (
            "rediss://cache.example.com/0?ssl_cert_reqs=none&db=0",
            "rediss://cache.example.com/1?ssl_cert_reqs=none",
        ),
    ],
)
def test_the_queue_is_by_default_beside_the_cache(cache: str, queue: str) -> None:
    assert broker.beside(cache) == queue
    assert broker.same_server(cache, queue)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("redis://localhost/0", "redis://127.0.0.1:6379/1", True),
        ("redis://localhost:6379", "redis://localhost:6380", False),
        ("redis://a.example.com", "redis://b.example.com", False),
        ("redis://A.example.com/0", "rediss://:word@a.example.com/3", True),
    ],
)
def test_servers_are_compared_by_host_and_port(one: str, other: str, same: bool) -> None:  # noqa: FBT001  # a case
    assert broker.same_server(one, other) is same
