"""Lists that stay quick however many documents there are: capped counts, orders that an index gives."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.text import capfirst

from ops.console import finding
from ops.mongo.collections import collection

# Beyond this nobody pages; a search or a filter is the way on.
MOST_COUNTED = 10_000


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
        super().__init__(request, *args, **kwargs)
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:  # noqa: ARG002  # Django's signature
        """Return the page's order as it is: an appended ``-pk`` would be another index, ``?o=`` none."""
        return list(self.model_admin.get_ordering(request))

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        """Mark no column as sorted, since none can be chosen."""
        return {}

    def get_results(self, request: HttpRequest) -> None:
        """Read one page of rows, and what they refer to, all together."""
        super().get_results(request)
        rows = list(self.result_list if self.multi_page else self.queryset[: self.list_per_page])
        self.model_admin.complete(rows)  # type: ignore[attr-defined]  # a ConsoleAdmin
        self.result_list = rows
