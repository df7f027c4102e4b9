"""Every path of the API and every page of the console, called by everybody: the table holds, cell by cell."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.urls import URLPattern

from ops.console.pages import ConsoleAdmin
from ops.mongo.collections import collection
from ops.web.views import ApiView
from tests import commands
from tests.api import Answer, Api
from tests.authorization import ConsolePage, Operation, console_pages, operations
from tests.authorization_console import PAGES
from tests.bodies import BODIES
from tests.console import Console, Page, document_page
from tests.database import empty_all
from tests.routes import routes
from tests.snapshot import written
from tests.world import COUNTERS, World, made_world

OPERATIONS = operations()
CONSOLE_PAGES = console_pages()
# The console's own, whose pages have their table; pages for people have tests of their own.
CONSOLE = "/admin"
# Signing in has tests of its own; the page of an app has a row for each app.
WITHOUT_ROW = {"login", "logout", "app_list"}
SIGN_IN = "/admin/login/"


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    yield made_world()
    empty_all()


@pytest.fixture
def _emptied(made: World) -> Iterator[None]:
    """Keep the world from test to test, and put back what a test changed."""
    with made.snapshot.restoring():
        yield


# Complete -----------------------------------------------------------------------------------------


def test_every_operation_of_the_url_configuration_has_its_row_and_no_other_has_one() -> None:
    served = []
    for path, route in routes():
        view: Any = getattr(route.callback, "view_class", object)
        is_consoles = path.startswith(CONSOLE) and not issubclass(view, ApiView)
        if is_consoles or getattr(route.callback, "is_page", False):
            continue
        assert issubclass(view, ApiView), path
        methods = (name.upper() for name in view.http_method_names if hasattr(view, name))
        served += [(method, path) for method in methods if method != "HEAD"]

    assert sorted((each.method, each.path) for each in OPERATIONS) == sorted(served)
    assert BODIES.keys() <= set(served)


def test_every_page_of_the_console_has_its_row_and_no_other_has_one() -> None:
    named = [each for each in admin.site.get_urls() if isinstance(each, URLPattern) and each.name]
    served = [(f"/admin/{each.pattern}", "") for each in named if each.name not in WITHOUT_ROW]
    for model, page in admin.site._registry.items():  # noqa: SLF001  # no other way to all of them
        assert isinstance(page, ConsoleAdmin)
        path = list_of(page)
        served += [(path, action) for action in ("", *page.actions)]
        served.append((f"/admin/{model._meta.app_label}/", ""))  # noqa: SLF001  # documented

    assert sorted((each.path, each.action) for each in CONSOLE_PAGES) == sorted(set(served))


# Cell by cell -------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: f"{row.method} {row.path}")
def test_everybody_gets_of_the_api_what_the_table_says(row: Operation, made: World) -> None:
    wrong = []
    for actor in row.cells:
        caller = Api() if actor == "nobody" else Api(made.person(actor))
        path, body = row.address(made, actor), row.body(made, actor)
        with commands.recorded() as sent:
            answer = caller.send(row.method, path, body)
        changed = written(sent)
        if told(answer) != row.expected(actor):
            wrong.append(f"{actor}: {row.expected(actor)} is expected, {told(answer)} was answered")
        if answer.status >= 400 and not made.snapshot.is_as_before(changed - COUNTERS):
            wrong.append(f"{actor}: refused, and yet {sorted(changed)} changed")
        made.snapshot.put_back(changed)

    assert wrong == []


@pytest.mark.parametrize("row", CONSOLE_PAGES, ids=lambda row: f"{row.path} {row.action}".strip())
def test_everybody_gets_of_the_console_what_the_table_says(row: ConsolePage, made: World) -> None:
    wrong = []
    for actor, cell in row.cells.items():
        for page in opened(made.consoles[actor], row):
            is_right = page.status == PAGES[cell] and (cell != ">" or page.goes_to.startswith(SIGN_IN))
            if not is_right:
                wrong.append(f"{actor}: {cell} is expected, {page.status} {page.goes_to} was answered")

    assert wrong == []


def told(answer: Answer) -> tuple[int, str]:
    return answer.problem if answer.status >= 400 else (answer.status, "")


def opened(console: Console, row: ConsolePage) -> Iterator[Page]:
    """Yield the page of a row; of a list also that of a document, of an action the one that asks why."""
    documents = {list_of(page): page.opts.db_table for page in admin.site._registry.values()}  # noqa: SLF001  # as above
    if row.path not in documents:
        yield console.get(row.path)
        return
    found = collection(documents[row.path]).find_one({})
    assert found, f"{row.path}: put a document into the world"
    if row.action:
        yield console.ask(row.path, row.action, found["_id"])
        yield console.ask(document_page(row.path, found["_id"]), row.action)
    else:
        yield console.get(row.path)
        yield console.get(document_page(row.path, found["_id"]))


def list_of(page: "admin.ModelAdmin[object]") -> str:  # type: ignore[type-var]  # of whatever model
    return f"/admin/{page.opts.app_label}/{page.opts.model_name}/"
