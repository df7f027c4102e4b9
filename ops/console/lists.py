"""Lists that stay quick however many documents there are: capped counts, orders that an index gives."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.text import capfirst

from ops.console import finding, walking
from ops.console.showing import amount
from ops.mongo.collections import collection

# Beyond this nobody counts; a search or a filter is the way on, or the list from there.
MOST_COUNTED = 10_000
AFTER = "after"  # id of the document that the list begins after
NO_SUCH_PAGE = "The list has no such page; this is its first."


if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:  # at run time Django's class takes no parameter
    _Paginator = Paginator


class CappedPaginator(_Paginator):
    """Counts a whole collection by the server's own estimate, and what is filtered up to a limit."""

    @cached_property
    def count(self) -> int:
        """How many there are, at most ``MOST_COUNTED``."""
        queryset: Any = self.object_list
        if queryset.query.where:
            return int(queryset.order_by()[:MOST_COUNTED].count())
        estimated = collection(queryset.query.get_meta().db_table).raw.estimated_document_count()
        return min(estimated, MOST_COUNTED)

    @property
    def is_capped(self) -> bool:
        """Whether there may be more than were counted."""
        return self.count >= MOST_COUNTED


class ConsoleList(ChangeList):
    """A page of documents in the order of the page, which an index gives; no other can be asked for."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Refuse a search that cannot find anything before it is run."""
        if len(request.GET.get(SEARCH_VAR, "")) > finding.LONGEST:
            messages.error(request, finding.TOO_LONG)
            raise IncorrectLookupParameters
        self.after = finding.cleaned(request.GET.get(AFTER, ""))
        super().__init__(request, *args, **kwargs)
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:  # noqa: ARG002  # Django's signature
        """Return the page's order as it is: an appended ``-pk`` would be another index, ``?o=`` none."""
        self.queryset_order = list(self.model_admin.get_ordering(request))
        return self.queryset_order

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        """Mark no column as sorted, since none can be chosen."""
        return {}

    def get_results(self, request: HttpRequest) -> None:
        """Read one page of rows, and what they refer to, all together."""
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            messages.warning(request, NO_SUCH_PAGE)
            self.page_num = 1
            super().get_results(request)
        rows = list(self.result_list if self.multi_page else self.queryset[: self.list_per_page])
        self.model_admin.complete(rows)  # type: ignore[attr-defined]  # a ConsoleAdmin
        self.result_list = rows

    def get_filters_params(self, params: Any = None) -> Any:
        """Return the parameters of the filters; where the list begins is none of them."""
        return {name: value for name, value in super().get_filters_params(params).items() if name != AFTER}

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        """Return the documents that the filters leave, from the place on where the list begins.

        Raises:
            IncorrectLookupParameters: there is no document at that place, or it has none in this order.
        """
        queryset = super().get_queryset(request, exclude_parameters)
        if not self.after:
            return queryset
        place = self.model_admin.documents.filter(pk=self.after).first()  # type: ignore[attr-defined]  # as above
        if place is None or not walking.is_placed(place, self.order):
            raise IncorrectLookupParameters
        return queryset.filter(walking.beyond(place, self.order, [self.after]))

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Return the list's parameters with others; what narrows it otherwise begins at its beginning."""
        goes_on = {PAGE_VAR, AFTER} & {*(new_params or {})}
        return super().get_query_string(new_params, [*(remove or ()), *(() if goes_on else (AFTER,))])

    @property
    def order(self) -> list[str]:
        """The fields that it is in the order of."""
        return [str(each) for each in self.queryset_order]

    @property
    def beginning(self) -> str:
        """The address of the list from its beginning; empty: this is it."""
        return self.get_query_string({AFTER: None}) if self.after else ""

    @property
    def counted(self) -> str:
        """How many there are, with the thousands apart."""
        return amount(self.result_count)

    @property
    def older(self) -> str:
        """The address of what comes after the last page that is counted; empty: this is not that page."""
        paginator: Any = self.paginator
        is_last = self.multi_page and paginator.is_capped and self.page_num == paginator.num_pages
        return self.get_query_string({AFTER: self.result_list[-1].pk}) if is_last and self.result_list else ""


class WholeList(ConsoleList):
    """A list that counts and reads nothing by itself: its ``queryset`` is what the filters leave."""

    @classmethod
    def of(cls, page: Any, request: HttpRequest) -> "WholeList":
        """Return the list of a page as a request asks for it.

        Raises:
            IncorrectLookupParameters: the list takes no such filter.
        """
        search, columns = page.get_search_fields(request), list(page.list_display)
        filters = page.get_list_filter(request)
        return cls(
            request,
            page.model,
            columns,
            (),
            filters,
            None,
            search,
            False,  # noqa: FBT003  # Django takes them by place
            page.list_per_page,
            0,
            (),
            page,
            (),
            "",
        )

    def get_results(self, request: HttpRequest) -> None:
        """Read nothing."""
