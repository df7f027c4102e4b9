"""What was recorded of a family, and whether that is whole. Source: HTTP contract, section 13."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from families import queries, record_queries
from families.actions import reporting
from families.actions.reporting import Wanted
from families.api import record_answers as answers
from families.api.record_bodies import (
    EXPORT_FORMATS,
    REPORT_TYPES,
    HistoryPage,
    IntegrityAnswer,
    ReportAnswer,
    ReportBody,
)
from families.errors import FamilyNotFoundError
from families.rules.records import LONGEST, USUAL_CHECK, USUAL_REPORT, ExportFormat, ReportType
from family_site.identity import queries as identity
from ops import clock
from ops.actors import Scope
from ops.errors import DomainError, FieldFault, InsufficientPermissionsError, ValidationFailedError
from ops.incidents.reporting import report_broken_audit
from ops.web import cursors, sheets
from ops.web.answers import Response
from ops.web.moments import Bounds, InvalidDateFormatError
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of
from tokens.api import statements
from tokens.api.bodies import KINDS

START, END, TYPE, FORMAT = "start_date", "end_date", "report_type", "export_format"
KINDS_ASKED, WITH_TRAIL = "transaction_types", "include_audit_trail"
MANAGING = [FamilyNotFoundError, InsufficientPermissionsError]
IN_BODY = "As in the body."
_MOMENT = {"anyOf": [{"type": "string", "format": each} for each in ("date", "date-time")]}
_KIND = f"(?:{'|'.join(KINDS)})"
_SOME_KINDS = {"type": "string", "pattern": f"^{_KIND}(?:,{_KIND})*$"}
DATES = (
    OpenApiParameter(START, _MOMENT, description="The first moment, or day (UTC)."),
    OpenApiParameter(END, _MOMENT, description="The moment before which it ends, or the last day (UTC)."),
)


class InvalidReportTypeError(DomainError):
    """There is no such report."""

    code = "INVALID_REPORT_TYPE"
    meaning = "There is no such report; details lists those there are."

    def __init__(self, fault: FieldFault) -> None:
        """Name the field."""
        super().__init__(fault.message, details=[fault._asdict()])


class InvalidExportFormatError(DomainError):
    """A report cannot be had in this format."""

    code = "INVALID_EXPORT_FORMAT"
    meaning = "A report cannot be had in this format; details lists those there are."

    def __init__(self, fault: FieldFault) -> None:
        """Name the field."""
        super().__init__(fault.message, details=[fault._asdict()])


class History(ApiView):
    """The statement of a family's account, beside the audit log."""

    @operation(
        success={200: HistoryPage},
        errors=[FamilyNotFoundError, InvalidDateFormatError],
        parameters=[
            *DATES,
            OpenApiParameter(KINDS_ASKED, _SOME_KINDS, description="Only of these types."),
            OpenApiParameter(WITH_TRAIL, {"type": "boolean", "default": True}),
            *cursors.PARAMETERS,
        ],
    )
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page of transactions and what the audit log has of them, newest first."""
        actor = actor_of(request)
        bounds = Bounds(request)
        since, until = bounds.first(START), bounds.after(END)
        bounds.require()
        _require_order(since, until)
        kinds, with_trail = _kinds(request), _with_trail(request)
        bound = {name: request.query_params.get(name) for name in (START, END, KINDS_ASKED)}
        paging = cursors.asked(request, actor, "transaction_history", {**bound, "family_id": family_id})
        family = queries.family_visible_to(actor, family_id)
        filters = {"since": since, "until": until, "kinds": kinds}
        page, trails = record_queries.history(family_id, family["account_id"], paging.part, filters=filters)
        names = identity.usernames(answers.actors_of(trails)) if with_trail else {}
        rows = [
            answers.record(entry, trail, family, names, with_trail=with_trail)
            for entry, trail in zip(page.rows, trails, strict=True)
        ]
        asked = {START: since, END: until, KINDS_ASKED: kinds, WITH_TRAIL: with_trail}
        return Response(
            paging.body(page, rows)
            | {
                "family_id": family_id,
                "query_metadata": asked | {"limit": paging.part.limit},
                "audit_summary": answers.summary(page.rows, trails),
            }
        )


class ComplianceReport(ApiView):
    """Accounting for a family's tokens."""

    limited_as = "report_create"
    scope = Scope.FAMILIES
    renderer_classes = statements.RENDERERS

    @operation(
        request=ReportBody,
        success=statements.success(ReportAnswer),
        errors=[*MANAGING, InvalidReportTypeError, InvalidExportFormatError, InvalidDateFormatError],
        parameters=[
            OpenApiParameter(TYPE, {"type": "string", "enum": REPORT_TYPES}, description=IN_BODY),
            *DATES,
            OpenApiParameter(FORMAT, {"type": "string", "enum": EXPORT_FORMATS}, description=IN_BODY),
        ],
    )
    def post(self, request: Request, family_id: str) -> HttpResponseBase:
        """Return what moved in a time, what was changed, and whether the record of it is whole."""
        actor, now = actor_of(request), clock.now()
        wanted = _wanted(request, self.body(ReportBody), now)
        made = reporting.report(family_id, wanted, actor=actor, now=now)
        if wanted.form == ExportFormat.JSON:
            return Response({"status": "success", "data": answers.report(made, wanted, actor, now)})
        pieces = sheets.pieces(answers.heads(wanted), answers.rows(made, wanted))
        answer = StreamingHttpResponse(pieces, content_type=statements.CSV)
        answer["Content-Disposition"] = f'attachment; filename="{made.report_id}.csv"'
        return answer


class IntegrityCheck(ApiView):
    """Whether what was recorded of a family is whole."""

    limited_as = "integrity_check"

    @operation(
        success={200: IntegrityAnswer}, errors=[*MANAGING, InvalidDateFormatError], parameters=[*DATES]
    )
    def get(self, request: Request, family_id: str) -> Response:
        """Prove the family's entries of the audit log; what is found wrong stays, and is an incident."""
        actor, now = actor_of(request), clock.now()
        since, until = _range(request, {}, now, usual=USUAL_CHECK)
        queries.family_managed_by(actor, family_id)
        found = record_queries.integrity(family_id, since, until, now=now)
        if not found.is_whole:
            report_broken_audit(family_id, now=now)
        data = {
            "family_id": family_id,
            "verification_period": {START: found.since, END: found.until},
            "integrity_results": answers.integrity(found, now),
        }
        return Response({"status": "success", "data": data})


def _wanted(request: Request, body: Mapping[str, str], now: datetime) -> Wanted:
    """Return which report is asked for, in the body or in the query.

    Raises:
        InvalidReportTypeError, InvalidExportFormatError, InvalidDateFormatError: one is not as it must be.
        ValidationFailedError: both say different things, or the range is none, or too long.
    """
    differing = [
        FieldFault(f"query.{name}", "not_allowed", "The body says another.")
        for name, said in body.items()
        if request.query_params.get(name, said) != said
    ]
    if differing:
        raise ValidationFailedError(differing)
    said = {**request.query_params.dict(), **body}
    kind, form = said.get(TYPE, REPORT_TYPES[0]), said.get(FORMAT, EXPORT_FORMATS[0])
    if kind not in REPORT_TYPES:
        raise InvalidReportTypeError(_choice(TYPE, body, REPORT_TYPES))
    if form not in EXPORT_FORMATS:
        raise InvalidExportFormatError(_choice(FORMAT, body, EXPORT_FORMATS))
    since, until = _range(request, body, now, usual=USUAL_REPORT)
    return Wanted(ReportType(kind), ExportFormat(form), since, until)


def _choice(name: str, body: Mapping[str, Any], possible: list[str]) -> FieldFault:
    field = name if name in body else f"query.{name}"
    return FieldFault(field, "invalid_choice", f"Possible: {', '.join(possible)}.")


def _range(
    request: Request, body: Mapping[str, str], now: datetime, *, usual: timedelta
) -> tuple[datetime, datetime]:
    """Return from when on, and before when; what is not sent is so long a time, until now."""
    bounds = Bounds(request, body)
    since, until = bounds.first(START), bounds.after(END)
    bounds.require()
    # What was written this very moment is part of it.
    end = now + timedelta(milliseconds=1) if until is None else until
    start = end - min(usual, end - datetime.min.replace(tzinfo=UTC)) if since is None else since
    _require_order(start, end)
    if end - start > LONGEST:
        fault = FieldFault(f"query.{START}", "not_allowed", f"At most {LONGEST.days} days are told.")
        raise ValidationFailedError([fault])
    return start, end


def _require_order(since: datetime | None, until: datetime | None) -> None:
    if since is not None and until is not None and since >= until:
        fault = FieldFault(f"query.{START}", "not_allowed", "The range would end before it begins.")
        raise ValidationFailedError([fault])


def _kinds(request: Request) -> list[str]:
    sent = request.query_params.get(KINDS_ASKED, "")
    kinds = list(dict.fromkeys(each.strip() for each in sent.split(",") if each.strip()))
    if any(each not in KINDS for each in kinds):
        message = f"Possible, with commas between: {', '.join(KINDS)}."
        raise ValidationFailedError([FieldFault(f"query.{KINDS_ASKED}", "invalid_choice", message)])
    return kinds


def _with_trail(request: Request) -> bool:
    sent = request.query_params.get(WITH_TRAIL, "true")
    if sent not in {"true", "false"}:
        fault = FieldFault(f"query.{WITH_TRAIL}", "invalid_type", "true or false is needed.")
        raise ValidationFailedError([fault])
    return sent == "true"
