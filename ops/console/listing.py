"""What stands around a list: its saved filters, its files, and one address for what a form sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, SEARCH_VAR
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse

from ops.console import exports, finding, periods, saved, saved_pages
from ops.console.filters import PeriodFilter
from ops.console.lists import AFTER

NOT_UNDERSTOOD = "The list has no such filter; this is all of it."
# Where in a list somebody is, and not what it shows.
PLACES = (PAGE_VAR, ERROR_FLAG, AFTER)


def routes(page: Any) -> list[URLPattern]:
    """Return the routes below a page's list: its files, and its saved filters."""
    name = f"{page.opts.app_label}_{page.opts.model_name}"
    guarded = page.admin_site.admin_view
    files = [
        path(f"export.{form}", guarded(exports.view(page, form)), name=f"{name}_{form}")
        for form in exports.FORMS
    ]
    every, one = saved_pages.every(page, fault), saved_pages.one(page, fault)
    return [
        *files,
        path("filters/", guarded(every), name=f"{name}_filters"),
        path("filters/<str:filter_id>/", guarded(one), name=f"{name}_filter"),
    ]


def led_on(page: Any, request: HttpRequest) -> HttpResponse | None:
    """Return the way to the address of what a form asked for in two days; ``None``: this is the address."""
    ranges = periods.sent(request.GET, _periods(page))
    if not ranges:
        return None
    query = request.GET.copy()
    for name, text in ranges.items():
        for each in (name, name + periods.FROM, name + periods.TO):
            query.pop(each, None)
        if text:
            query[name] = text
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def around(page: Any, request: HttpRequest) -> Mapping[str, Any]:
    """Return what the list's page shows beside its rows."""
    if ERROR_FLAG in request.GET:
        messages.warning(request, NOT_UNDERSTOOD)
    here = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    asked = kept(request.GET)
    offered = saved.of_list(page.opts.label_lower, str(request.user.pk))
    return {
        "saved_filters": offered,
        "filters_address": reverse(f"{here}_filters"),
        "current_filter": asked,
        "current_name": next((each.name for each in offered if each.query == asked), ""),
        "files": [(form.upper(), reverse(f"{here}_{form}")) for form in exports.FORMS],
        "file_parameters": [(name, value) for name, many in QueryDict(asked).lists() for value in many],
        "longest_name": saved.LONGEST_NAME,
    }


def in_menu(apps: Sequence[Any], user_id: str) -> Sequence[Any]:
    """Return Django's menu with the saved filters that somebody is offered at each list. One look."""
    lists = {entry["model"]._meta.label_lower: entry for app in apps for entry in app["models"]}  # noqa: SLF001  # documented
    for each in saved.of_everything(list(lists), user_id):
        lists[each.model].setdefault("saved", []).append(each)
    return apps


def kept(given: QueryDict) -> str:
    """Return the filter of a list as it is kept: parameters in one order, without the place in the list."""
    query = QueryDict(mutable=True)
    for name in sorted(given):
        if name not in PLACES and any(given.getlist(name)):
            query.setlist(name, given.getlist(name))
    return query.urlencode()


def fault(page: Any, request: HttpRequest, text: str) -> str:
    """Say why a list does not take a filter; empty: it does."""
    query = QueryDict(text)
    if len(query.get(SEARCH_VAR, "")) > finding.LONGEST:
        return finding.TOO_LONG
    filters: Sequence[Any] = page.get_list_filter(request)
    unknown = sorted({*query} - {SEARCH_VAR, *(each.parameter_name for each in filters)})
    if unknown:
        return f"The list has no filter by {unknown[0]}."
    params = {name: values for name, values in query.lists() if name != SEARCH_VAR}
    for each in filters:
        made = each(request, params, page.model, page)
        try:
            made.queryset(request, page.model._default_manager.none())  # noqa: SLF001  # documented
        except IncorrectLookupParameters:
            return f"The filter by {made.title} has no choice {query[made.parameter_name]!r}."
    return ""


def _periods(page: Any) -> list[str]:
    of_list = [each for each in page.list_filter if isinstance(each, type) and issubclass(each, PeriodFilter)]
    return [str(each.parameter_name) for each in of_list]
