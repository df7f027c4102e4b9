"""Roles felt everywhere: no link and no button of any page leads a member of staff to a refusal."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from ops.mongo.collections import collection
from tests.console import Console, Page
from tests.database import empty_all
from tests.world import ROLES, World, made_world

MOST = 150
BUTTON = re.compile(r'<button type="submit" class="button" name="action" value="(\w+)">')


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    yield made_world()
    empty_all()


@pytest.fixture
def _emptied(made: World) -> Iterator[None]:
    """Keep the world from role to role, and put back what a walk changed."""
    with made.snapshot.restoring():
        yield


def kind_of(path: str) -> str:
    """Return what is the same for all links to one kind of page: who may see it does not hang on filters."""
    return str(resolve(urlsplit(path).path).route)


def inside(page: Page, at: str) -> list[str]:
    """Return the links of a page that stay in the console, as addresses."""
    here = urlsplit(at).path
    full = [f"{here}{each}" if each.startswith("?") else each.partition("#")[0] for each in page.links]
    return sorted(each for each in full if each.startswith("/admin/"))


def refused(console: Console) -> list[str]:
    """Walk through one page of each kind; returns what was refused, and from where it was led to."""
    waiting, seen, faults = [("/admin/", "")], set[str](), list[str]()
    while waiting:
        path, before = waiting.pop(0)
        if (kind := kind_of(path)) in seen:
            continue
        seen.add(kind)
        assert len(seen) <= MOST
        page = Page(console.client.get(path))
        if page.status >= 400:
            faults.append(f"{page.status} {path} from {before}")
            continue
        for action in BUTTON.findall(page.html):
            answer = console.post(path, {"action": action})
            if answer.status >= 400:
                faults.append(f"{answer.status} {action} on {path}")
        waiting += [(each, path) for each in inside(page, path)]
        waiting += [(page.goes_to, path)] if page.goes_to.startswith("/admin/") else []
    assert len(seen) > 5
    return faults


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_no_link_and_no_button_leads_to_a_refusal(made: World, role: str) -> None:
    assert refused(made.consoles[role]) == []


def test_what_one_may_not_see_is_named_without_a_link(made: World) -> None:
    family = collection("families").find_one({"_id": made.family_id}, {"account_id": 1})
    assert family is not None

    page = made.consoles["support"].get(
        f"/admin/families/family/{made.family_id.replace('_', '_5F')}/change/"
    )

    assert page.status == 200
    assert family["account_id"] in page.html
    assert not [each for each in page.links if each.startswith("/admin/tokens/")]
