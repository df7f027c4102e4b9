"""``ConsoleAdmin``: how the console shows the documents of one collection."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import JSONField, Model, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.text import capfirst

from ops.console import acting, finding, listing, panels, references, starting
from ops.console.actions import ConfirmedAction, offered
from ops.console.filters import DueFilter, OwnTimeFilter
from ops.console.lists import CappedPaginator, ConsoleList
from ops.console.showing import Table
from ops.console.trees import Tree
from ops.mongo.collections import collection

M = TypeVar("M", bound=Model)
ROWS = 50

if TYPE_CHECKING:

    class _Page(admin.ModelAdmin[M]):
        pass

else:  # at run time Django's class takes no parameter

    class _Page(admin.ModelAdmin, Generic[M]):
        pass


class ConsoleAdmin(_Page[M]):
    """Lists, finds and shows documents; changes them by actions only.

    ``search_fields``: ``=field`` finds exactly, ``^field`` by the beginning (stored case-folded), both by
    an index. ``names``: the fields that identify a document; what the box on every page jumps by.
    ``ordering`` is an index of the collection, and ``narrowed_ordering`` the one for a list that a
    parameter of ``narrowed_by`` narrows to few documents. ``actions`` names methods that are made
    actions by ``confirmed_action``.
    """

    names: ClassVar[Sequence[str]] = ("pk",)
    narrowed_by: ClassVar[Sequence[str]] = ()
    narrowed_ordering: ClassVar[Sequence[str]] = ()
    actions: Sequence[str] = ()
    list_per_page = ROWS
    list_max_show_all = 0
    paginator = CappedPaginator
    preserve_filters = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    view_on_site = False

    # Rights -----------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # Django's signature
        """Nobody adds: documents come into being by actions."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody edits: documents change by actions."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody deletes."""
        return False

    # Actions ----------------------------------------------------------------------------------

    def confirmed_actions(self, request: HttpRequest) -> Mapping[str, ConfirmedAction]:
        """Return what the user may do to these documents, by name."""
        return offered(type(self), self.actions, request.user)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the same as Django takes it; its own action, deletion, is not among them."""
        offered_here = self.confirmed_actions(request).items()
        return {name: (each, name, each.label) for name, each in offered_here if not each.of_one}

    def chosen(self, ids: Sequence[str]) -> dict[str, M]:
        """Return those documents that there are, by id, in the order of the ids."""
        found = {each.pk: each for each in self.documents.filter(pk__in=ids)}
        self.complete(list(found.values()))
        return {each: found[each] for each in ids if each in found}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, or act on what was chosen in it."""
        if request.method == "POST":
            on_many = starting.on_all_left if starting.EVERY in request.POST else acting.on_list
            return on_many(self, request)
        if (address := listing.led_on(self, request)) is not None:
            return address
        return super().changelist_view(request, {**listing.around(self, request), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a document, or act on it."""
        if request.method == "POST":
            return acting.on_document(self, request, unquote(object_id))
        return super().change_view(request, object_id, form_url, extra_context)

    # Lists ------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Return Django's routes, and before them those of the list's files and saved filters."""
        return [*listing.routes(self), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleList]:  # noqa: ARG002
        """Return our list."""
        return ConsoleList

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Return the order that an index gives for this list."""
        for each in self.list_filter:
            if not isinstance(each, type) or not issubclass(each, DueFilter | OwnTimeFilter):
                continue
            if request.GET.get(str(each.parameter_name)):
                return (each.field,) if issubclass(each, DueFilter) else (f"-{each.field}", "-pk")
        narrowed = any(request.GET.get(name) for name in self.narrowed_by)
        return tuple(self.narrowed_ordering if narrowed else self.ordering or ())

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:  # noqa: ARG002
        """Allow the parameters of our filters; Django's own rule would let any field be probed."""
        return lookup in {getattr(each, "parameter_name", None) for each in self.list_filter}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:  # noqa: ARG002
        """Find exactly or by the beginning."""
        term = finding.cleaned(search_term)
        if not search_term.strip():
            return queryset, False
        return (queryset.filter(self.condition(term)) if term else queryset.none()), False

    def condition(self, term: str) -> Q:
        """Return the condition for documents that a search in the list finds."""
        return finding.condition(term, [str(field) for field in self.search_fields])

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return all documents in the order of the page."""
        return self.documents.order_by(*self.get_ordering(request))

    # Finding from every page ------------------------------------------------------------------

    @property
    def documents(self) -> Any:
        """All documents, in no order; what is JSON in them comes by ``complete``."""
        every = self.model._default_manager  # noqa: SLF001  # Django documents it under this name
        return every.defer(*(field.name for field in self._json_fields()))

    def named(self, term: str) -> Any:
        """Return the documents that ``term`` identifies."""
        return self.documents.filter(finding.exact(term, self.names))

    def may_be_called(self, term: str) -> bool:
        """Tell whether a document here can be identified by ``term``; what cannot be costs no look."""
        prefixes = references.prefixes_of(self.opts.label_lower)
        return tuple(self.names) != ("pk",) or not prefixes or term.startswith(prefixes)

    def described(self, document: M) -> str:  # noqa: ARG002  # pages say more
        """Return in a few words which of its kind a document is, beside its name in what was found."""
        return ""

    def alike(self, term: str) -> Any:
        """Return the documents whose names begin with ``term``."""
        beginnings = [str(field) for field in self.search_fields if str(field).startswith("^")]
        return self.documents.filter(finding.condition(term, beginnings))

    def is_meant(self, document: M, term: str) -> bool:
        """Tell whether, where nothing is identified by ``term``, this one of what is alike must be meant."""
        return str(document).casefold() == term.casefold()

    def linked(self, document: M) -> str:
        """Return a link to the page of a document."""
        return references.link(self.opts.label_lower, str(document.pk), str(document))

    def latest(self) -> Table | None:
        """Return what of these documents stands on the console's first page; ``None``: nothing."""
        return None

    # One document -----------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        """Return the document, with what it refers to resolved.

        Raises:
            Http404: there is none.
        """
        if not finding.cleaned(object_id):
            raise Http404
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        self.complete([found])
        return found

    def refers_to(self, document: M) -> Iterable[str | None]:  # noqa: ARG002  # pages say more
        """Return the ids that the page or the row of a document shows."""
        return ()

    def complete(self, documents: Sequence[M]) -> None:
        """Give documents what is JSON in them, and the links of what they refer to.

        JSON is read past the ORM, whose JSON fields cannot hold the times that ours do. One look-up for
        it and one for each kind of id, however many documents there are.
        """
        if documents and (fields := self._json_fields()):
            _read_into(documents, self.opts.db_table, fields)
        links = references.resolve(each for document in documents for each in self.refers_to(document))
        for document in documents:
            document.console_links = links  # type: ignore[attr-defined]  # read by references.shown

    def tables(self, document: M) -> Sequence[Table | Tree]:  # noqa: ARG002  # pages say more
        """Return the tables and trees below the fields of a document."""
        return ()

    def summary(self, document: M) -> Iterable[str]:  # noqa: ARG002  # pages say more
        """Return what a document is in a few words, each a part of the line at the top of its page."""
        return ()

    def elsewhere(self, document: M) -> Sequence[tuple[str, str]]:  # noqa: ARG002  # pages say more
        """Return links to lists about a document: address and words."""
        return ()

    def render_change_form(  # noqa: PLR0913, PLR0917  # Django's signature
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Show a document with its tables, the panels of other apps and the links to lists."""
        obj.console_query = request.GET  # what a panel is asked beside the document
        added = panels.of(self.opts.label_lower, request.user)
        tables = [*self.tables(obj), *(panel(obj) for panel in added)]
        told = [*self.summary(obj), *(getattr(each, "summary", "") for each in tables)]
        context["tables"] = tables
        context["summary"] = [each for each in told if each]
        context["elsewhere"] = [each for each in self.elsewhere(obj) if each[0]]
        context["buttons"] = acting.buttons(self, request, obj)
        context["title"] = capfirst(str(self.opts.verbose_name))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _json_fields(self) -> "list[JSONField[Any, Any]]":
        return [field for field in self.opts.fields if isinstance(field, JSONField)]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        """Refuse: the audit log tells what happened, for documents that any door changed."""
        raise Http404


def _read_into(documents: Sequence[Model], name: str, fields: "Sequence[JSONField[Any, Any]]") -> None:
    wanted = {"_id": {"$in": [document.pk for document in documents]}}
    names = {field.name: 1 for field in fields}
    found = collection(name).find(wanted, names, limit=len(documents))
    by_id = {each["_id"]: each for each in found}
    for document in documents:
        values = by_id.get(document.pk, {})
        for field in fields:
            setattr(document, field.name, values.get(field.name, field.get_default()))
