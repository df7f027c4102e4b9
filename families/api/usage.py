"""What the caller used, day by day. Source: HTTP contract, section 7."""

from datetime import date, datetime, timedelta

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from families import usage_queries
from families.api import limit_answers as answers
from families.api.limit_bodies import UsageAnswer
from families.errors import InvalidGranularityError
from families.rules import dates
from families.rules.usage import LONGEST_DAYS, USUAL_DAYS, Granularity, Period
from ops import clock
from ops.errors import FieldFault, ValidationFailedError
from ops.web.answers import Response
from ops.web.moments import InvalidDateFormatError
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of

START, END, GRANULARITY = "start_date", "end_date", "granularity"
POSSIBLE = [str(each) for each in Granularity]
DATE = {"type": "string", "format": "date"}


class UsageTracking(ApiView):
    """What the caller used."""

    @operation(
        success={200: UsageAnswer},
        errors=[InvalidDateFormatError, InvalidGranularityError],
        parameters=[
            OpenApiParameter(START, DATE, description=f"First day; missing: {USUAL_DAYS} days are told."),
            OpenApiParameter(END, DATE, description="Last day; missing, or still to come: today (UTC)."),
            OpenApiParameter(GRANULARITY, {"type": "string", "enum": POSSIBLE, "default": POSSIBLE[0]}),
        ],
    )
    def get(self, request: Request) -> Response:
        """Return families and members at the end of each day, week or month, and what happened in it."""
        user_id, now = actor_of(request).user_id, clock.now()
        period, granularity = _period(request, now.date()), _granularity(request)
        return Response(answers.used(usage_queries.used(user_id, period, now), granularity, now))


def last_days(now: datetime) -> Period:
    """Return the days that are told when nobody says which."""
    return Period(now.date() - timedelta(days=USUAL_DAYS - 1), now.date())


def _period(request: Request, today: date) -> Period:
    """Return the days that are asked about.

    Raises:
        InvalidDateFormatError: something sent is no date.
        ValidationFailedError: the dates contradict each other, are too far apart, or all still to come.
    """
    sent = {name: request.query_params[name] for name in (START, END) if name in request.query_params}
    faults = {name: fault for name, text in sent.items() if (fault := dates.date_fault(text))}
    if faults:
        found = [FieldFault(f"query.{name}", *fault) for name, fault in faults.items()]
        raise InvalidDateFormatError(found, "A date is written YYYY-MM-DD.")
    given = {name: date.fromisoformat(text) for name, text in sent.items()}
    end = min(given.get(END, today), today)
    usual = date.fromordinal(max(1, end.toordinal() - USUAL_DAYS + 1))
    period = Period(given.get(START, usual), end)
    if period.days < 1:
        raise _contradiction("The period would end before it begins.")
    if period.days > LONGEST_DAYS:
        raise _contradiction(f"A period has at most {LONGEST_DAYS} days.")
    return period


def _contradiction(message: str) -> ValidationFailedError:
    return ValidationFailedError([FieldFault(f"query.{START}", "not_allowed", message)])


def _granularity(request: Request) -> Granularity:
    sent = request.query_params.get(GRANULARITY, POSSIBLE[0])
    if sent not in POSSIBLE:
        message = f"Possible: {', '.join(POSSIBLE)}."
        raise InvalidGranularityError(FieldFault(f"query.{GRANULARITY}", "invalid_choice", message))
    return Granularity(sent)
