"""Filters of lists. Each has one parameter of checked form; any other parameter is refused."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest

from ops import clock
from ops.console import finding, periods, references, zones
from ops.mongo.indexes import declared

REACH = 20_000  # documents that are looked through in a tenth of a second
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class ConsoleFilter(admin.SimpleListFilter):
    """A filter by one value of one field.

    Where no index is declared for the field in the order of the list, the filter reaches the newest
    ``REACH`` documents of what the filters before it leave, and says so: it can never read a collection
    to its end.
    """

    field = ""
    needs_order = True

    def __init__(self, request: HttpRequest, params: Any, model: Any, page: Any) -> None:
        """Find out how far it reaches."""
        super().__init__(request, params, model, page)
        order = [str(each).replace("pk", "_id") for each in page.ordering]
        self.time = order[0].removeprefix("-")
        self.is_limited = self.needs_order and not _is_declared(model, self.field, order)
        if self.is_limited:
            self.title = f"{self.title}, of the newest {REACH:,}"

    def read(self, text: str) -> Any:
        """Return what is looked for.

        Raises:
            IncorrectLookupParameters: ``text`` is none of the choices.
        """
        if text not in {str(value) for value, _ in self.lookup_choices}:
            raise IncorrectLookupParameters
        return text

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ARG002  # Django's signature
        """Return the documents that fit."""
        text = self.value()
        if text is None:
            return queryset
        value = self.read(text)
        return (self.within_reach(queryset) if self.is_limited else queryset).filter(**{self.field: value})

    def within_reach(self, queryset: Any) -> Any:
        """Return the newest documents of a queryset, by the index of its time."""
        times = queryset.order_by(f"-{self.time}").values_list(self.time, flat=True)
        last = list(times[REACH - 1 : REACH])
        return queryset.filter(**{f"{self.time}__gte": last[0] if last else EARLIEST})


class YesNoFilter(ConsoleFilter):
    """A filter by a claim that holds or does not."""

    def lookups(self, request: HttpRequest, page: Any) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Return the two choices."""
        return (("yes", "Yes"), ("no", "No"))

    def read(self, text: str) -> bool:
        """Return the claim."""
        return bool(super().read(text) == "yes")


class LinkFilter(ConsoleFilter):
    """A filter by an id, which links set; it stands beside the list only while it is set."""

    needs_order = False

    def lookups(self, request: HttpRequest, page: Any) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Return what the id names as the only choice."""
        text = finding.cleaned(self.value() or "")
        if not text:
            return ((self.value() or "", ""),) if self.value() else ()
        named = references.named([text]).get(text)
        return ((text, named[1] if named else text),)

    def read(self, text: str) -> str:
        """Return the id."""
        if not finding.cleaned(text):
            raise IncorrectLookupParameters
        return text


class PeriodFilter(ConsoleFilter):
    """A filter by the time: a named period, or from one day to another, in the zone of who looks."""

    needs_order = False
    template = "admin/period_filter.html"

    def lookups(self, request: HttpRequest, page: Any) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Return the periods."""
        return list(periods.NAMED.items())

    @property
    def days(self) -> tuple[str, str]:
        """The first and the last day that are chosen, for the form; empty: no such end."""
        return periods.days_of(self.value() or "")

    @property
    def zone(self) -> str:
        """The zone that days are meant in."""
        return zones.current().key

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ARG002  # Django's signature
        """Return the documents of the period."""
        text = self.value()
        if not text:
            return queryset
        try:
            period = periods.read(text, zones.today())
        except ValueError:
            raise IncorrectLookupParameters from None
        if period.start is not None:
            queryset = queryset.filter(**{f"{self.field}__gte": period.start})
        return queryset if period.end is None else queryset.filter(**{f"{self.field}__lt": period.end})

    def others(self) -> Iterable[tuple[str, str]]:
        """Return the other parameters of the list, for the form to keep."""
        return self._others

    def choices(self, changelist: Any) -> Any:
        """Return the choices, and remember what else is set."""
        self._others = [
            (name, value)
            for name, values in changelist.get_filters_params().items()
            if name != self.parameter_name
            for value in values
        ]
        if changelist.query:
            self._others.append(("q", changelist.query))
        return super().choices(changelist)


class OwnTimeFilter(PeriodFilter):
    """A filter by a time that not all documents have; the list is then in the order of this time.

    An index begins with it: ``-field, -_id``.
    """


class DueFilter(ConsoleFilter):
    """A filter by the time that is left of what is in one state; the list then begins with the earliest."""

    needs_order = False
    status = ""
    spans: Mapping[str, tuple[str, timedelta]] = {}

    def lookups(self, request: HttpRequest, page: Any) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Return the spans."""
        return [(name, label) for name, (label, _span) in self.spans.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ARG002  # Django's signature
        """Return those in the state whose time is over so soon."""
        text = self.value()
        if text is None:
            return queryset
        if text not in self.spans:
            raise IncorrectLookupParameters
        until = clock.now() + self.spans[text][1]
        return queryset.filter(status=self.status, **{f"{self.field}__lte": until})


def _is_declared(model: Any, field: str, order: Sequence[str]) -> bool:
    keys = (field.replace("__", "."), *order)
    return any(index.keys == keys for index in declared().get(model._meta.db_table, ()))  # noqa: SLF001  # documented


def by_choice(field: str, title: str, choices: Sequence[tuple[str, str]]) -> type[ConsoleFilter]:
    """Return a filter by one of a few values of a field."""

    def lookups(self: Any, request: HttpRequest, page: Any) -> Sequence[tuple[str, str]]:  # noqa: ARG001
        return choices

    return _made(ConsoleFilter, field, title, {"lookups": lookups})


def by_claim(field: str, title: str) -> type[ConsoleFilter]:
    """Return a filter by whether a claim holds."""
    return _made(YesNoFilter, field, title)


def by_link(field: str, title: str, parameter: str) -> type[ConsoleFilter]:
    """Return a filter by an id that links set."""
    return _made(LinkFilter, field, title, {"parameter_name": parameter})


def by_period(field: str, title: str) -> type[ConsoleFilter]:
    """Return a filter by a time."""
    return _made(PeriodFilter, field, title)


def by_own_time(field: str, title: str) -> type[ConsoleFilter]:
    """Return a filter by a time that the list is then in the order of."""
    return _made(OwnTimeFilter, field, title)


def by_time_left(
    field: str, title: str, parameter: str, *, status: str, spans: Mapping[str, tuple[str, timedelta]]
) -> type[ConsoleFilter]:
    """Return a filter by how soon the time of a field comes, or came, for what is in this state."""
    return _made(DueFilter, field, title, {"parameter_name": parameter, "status": status, "spans": spans})


def _made(
    base: type[ConsoleFilter], field: str, title: str, members: dict[str, Any] | None = None
) -> type[ConsoleFilter]:
    named = {"field": field, "title": title, "parameter_name": field.rpartition("__")[2], **(members or {})}
    return type(f"{title.title().replace(' ', '')}Filter", (base,), named)
