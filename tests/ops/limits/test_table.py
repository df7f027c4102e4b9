"""Every operation has its row, and every row its operation. Source: HTTP contract, section 3."""

from collections.abc import Iterator

from ops.limits.table import HEALTH_PROBE, LIMITS, READ, UNAUTHENTICATED, Key
from ops.web.views import ApiView
from tests.routes import routes, views

CHANGES = ("post", "put", "patch", "delete")
# Nothing can be used up by signing out.
CHANGES_AS_READ = {"POST /auth/logout"}


def methods() -> Iterator[tuple[str, type[ApiView], str]]:
    """Yield each method of a path, its view, and the row that it is counted by."""
    for path, view in views():
        for method in ("get", *CHANGES):
            if hasattr(view, method):
                yield f"{method.upper()} {path}", view, view.operation_of(method)


def of_pages() -> set[str]:
    """Return the rows that pages for people are counted by, those of the console among them."""
    return {row for _, each in routes() for row in getattr(each.callback, "limited_as", {}).values()}


def test_each_method_of_each_path_is_counted_by_a_row_of_the_table() -> None:
    assert {operation for _, _, operation in methods()} | of_pages() | {UNAUTHENTICATED} == LIMITS.keys()
    assert {"second_factor_page", "console_export"} <= of_pages()


def test_a_change_is_not_counted_as_a_read() -> None:
    counted_as_read = {
        name
        for name, _, operation in methods()
        if operation in {READ, HEALTH_PROBE} and not name.startswith("GET")
    }

    assert counted_as_read == CHANGES_AS_READ


def test_who_is_nobody_yet_is_not_counted_by_who_they_are() -> None:
    wrong = {
        name
        for name, view, operation in methods()
        if view.is_public(name.partition(" ")[0]) and LIMITS[operation].key == Key.USER
    }

    assert wrong == set()


def test_a_limit_and_its_window_are_of_a_size_that_staff_could_set() -> None:
    for limit in LIMITS.values():
        assert 1 <= limit.most <= 10**6
        assert 1 <= limit.window <= 86_400
