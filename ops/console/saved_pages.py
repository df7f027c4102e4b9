"""Pages of saved filters, below the list that they are of: keep one, go to one, rename, delete."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from ops import clock
from ops.console import saved
from ops.console.acting import staff

View = Callable[..., HttpResponse]
# Takes a page, who looks at it and a query; says why the list does not take it, empty: it does.
Fault = Callable[[Any, HttpRequest, str], str]


class NameForm(forms.Form):
    """How a filter is called, and whom it is for."""

    name = forms.CharField(
        max_length=saved.LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"}),
    )
    shared = forms.BooleanField(label="For all of staff who may see this list", required=False)


class SaveForm(NameForm):
    """The filter beside them."""

    query = forms.CharField(max_length=saved.LONGEST_QUERY, widget=forms.HiddenInput)


def every(page: Any, fault: Fault) -> View:
    """Return the page of all saved filters of a list, which also takes a new one."""

    def view(request: HttpRequest) -> HttpResponse:
        _require(page, request)
        if request.method == "POST":
            return _save(page, request, fault)
        offered = saved.of_list(page.opts.label_lower, str(request.user.pk))
        rows = [(each, fault(page, request, each.query)) for each in offered]
        return _page(page, request, "Saved filters", {"rows": rows})

    return view


def one(page: Any, fault: Fault) -> View:
    """Return the page of one filter: it leads to the list, or renames, or deletes."""

    def view(request: HttpRequest, filter_id: str) -> HttpResponse:
        _require(page, request)
        found = saved.one(filter_id, page.opts.label_lower, str(request.user.pk))
        if request.method == "POST":
            return _change(page, request, found)
        if wrong := fault(page, request, found.query):
            text = "“{}” does not fit the list any more: {} Save it anew from the list, or delete it."
            messages.error(request, format_html(text, found.name, wrong))
            return HttpResponseRedirect(_here(page))
        return HttpResponseRedirect(reverse(_list(page), query=QueryDict(found.query)))

    return view


def _save(page: Any, request: HttpRequest, fault: Fault) -> HttpResponse:
    form = SaveForm(request.POST, auto_id="save_%s", label_suffix="")
    if form.is_valid():
        said = form.cleaned_data
        if wrong := fault(page, request, said["query"]):
            form.add_error("query", wrong)
        else:
            try:
                model, actor = page.opts.label_lower, staff(request)
                made = saved.save(
                    model, said["name"], said["query"], shared=said["shared"], actor=actor, now=clock.now()
                )
            except (saved.NameTakenError, saved.TooManyError) as refusal:
                form.add_error("name", refusal.message)
            else:
                messages.success(request, format_html("Saved as “{}”.", said["name"]))
                return HttpResponseRedirect(f"{_here(page)}{made}/")
    return _page(page, request, "Save this filter", {"form": form}, status=400)


def _change(page: Any, request: HttpRequest, found: saved.Saved) -> HttpResponse:
    model, actor, now = page.opts.label_lower, staff(request), clock.now()
    if request.POST.get("action") == "delete":
        saved.delete(found.id, model, actor=actor, now=now)
        messages.success(request, format_html("“{}” is deleted.", found.name))
        return HttpResponseRedirect(_here(page))
    form = NameForm(request.POST, auto_id="name_%s", label_suffix="")
    if form.is_valid():
        said = form.cleaned_data
        try:
            saved.rename(found.id, model, said["name"], shared=said["shared"], actor=actor, now=now)
        except saved.NameTakenError as refusal:
            form.add_error("name", refusal.message)
        else:
            messages.success(request, format_html("It is called “{}”.", said["name"]))
            return HttpResponseRedirect(_here(page))
    return _page(page, request, "Rename this filter", {"form": form}, status=400)


def _require(page: Any, request: HttpRequest) -> None:
    if not page.has_view_permission(request):
        raise PermissionDenied


def _list(page: Any) -> str:
    return f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist"


def _here(page: Any) -> str:
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_filters")


def _page(
    page: Any, request: HttpRequest, title: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    every_page = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.opts,
        "where": capfirst(str(page.opts.verbose_name_plural)),
        "filters_address": _here(page),
        "longest_name": saved.LONGEST_NAME,
        **context,
    }
    return TemplateResponse(request, "admin/saved_filters.html", every_page, status=status)
