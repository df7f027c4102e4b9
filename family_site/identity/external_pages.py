"""Pages of the sign-in at another provider: the way there, the way back, and the end of it.

A POST leads to the provider; what the browser needs to come back it carries itself. The provider sends it
back by a GET, which signs in: that is the protocol, and safe, since that GET does nothing without the cookie
of a way that this browser has begun, and nothing twice. Of what the provider says, no page shows a word, and
no log holds a code or a token.

Source: OpenID Connect Core 1.0, section 3.1; RFC 9207 (``iss``); HTTP contract, section 18 (rule 10).
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from family_site.identity import entering
from family_site.identity.actions import external
from family_site.identity.actions.external import NotLinked, Stranger
from family_site.identity.external import addresses, claims, provider, trip
from family_site.identity.external.calls import ProviderUnavailableError
from family_site.identity.external.claims import UnverifiedTokenError
from family_site.identity.external.provider import Provider, Refusal
from family_site.identity.external.trip import Trip
from ops import clock, deadline
from ops.errors import NotFoundError
from ops.logs import logger
from ops.web.browsing import go_to, is_somebody, nobody, page, shown, visitor, way_back

BACK = f"{trip.PATH}/callback"
LONGEST_CODE = 2048
KEPT_SECONDS = 1.0  # of the request's time, for what is written once the provider has answered
AGAIN_SECONDS = 10
log = logger(__name__)


class Failed(StrEnum):
    """Why somebody comes back from the provider in vain, besides what stands in ``NotLinked``."""

    OVER = "over"  # it took too long, was done before, or was begun in another browser
    DENIED = "denied"  # they or the provider did not want to
    UNPROVEN = "unproven"  # what the provider gave is no proof
    AWAY = "away"  # the provider does not answer


STATUSES: Mapping[str, HTTPStatus] = {
    Failed.OVER: HTTPStatus.BAD_REQUEST,
    Failed.DENIED: HTTPStatus.BAD_REQUEST,
    Failed.UNPROVEN: HTTPStatus.BAD_REQUEST,
    Failed.AWAY: HTTPStatus.SERVICE_UNAVAILABLE,
}


@partial(page, limited_as={"POST": "login"}, forms_lead_to=provider.origin)
def start(request: HttpRequest) -> HttpResponse:
    """Show the button, and to whom is linked, how to end that; or lead to the provider."""
    _require_provider()
    if request.method != "POST":
        who = visitor(request)
        since = external.linked_since(who.user_id, settings.OIDC_ISSUER) if is_somebody(who) else None
        context = {"provider": settings.OIDC_NAME, "next": way_back(request), "since": since}
        return shown(request, "external_start", context)
    try:
        with _time_kept():
            found = provider.discovered()
    except ProviderUnavailableError as error:
        return _away(request, error)
    begun = trip.begun(onward=way_back(request), now=clock.now())
    answer = _led_to(request, found, begun)
    trip.carry(answer, begun)
    return answer


@partial(page, methods=("GET",), limited_as={"GET": "login"})
def callback(request: HttpRequest) -> HttpResponse:
    """Sign in whom the provider sends back, or ask them for the second factor."""
    _require_provider()
    answer = _came_back(request)
    trip.put_down(answer)
    return answer


@partial(page, methods=("POST",), limited_as={"POST": "login"})
def end(request: HttpRequest) -> HttpResponse:
    """End the link of whoever is signed in, if there is one."""
    _require_provider()
    who = visitor(request)
    if is_somebody(who):
        with suppress(NotFoundError):
            external.unlink(settings.OIDC_ISSUER, actor=who, now=clock.now())
    return go_to(trip.PATH)


def _came_back(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    begun = trip.carried(request, now=now)
    if begun is None or not external.use_up(begun.state, now=now):
        return _failed(request, Failed.OVER)
    try:
        with _time_kept():
            stranger = _proven(request, begun)
    except ProviderUnavailableError as error:
        return _away(request, error)
    except UnverifiedTokenError as error:
        return _failed(request, Failed.UNPROVEN, why=str(error))
    if isinstance(stranger, Failed):
        return _failed(request, stranger)
    user = external.recognised(stranger, actor=nobody(request), now=now)
    if isinstance(user, NotLinked):
        return _failed(request, user)
    request.GET = QueryDict(urlencode({"next": begun.next}))  # where they were when they began
    return entering.enter(request, user)


def _proven(request: HttpRequest, begun: Trip) -> Stranger | Failed:
    """Return who has signed in at the provider."""
    found = provider.discovered()
    issuer = request.GET.get("iss")
    if issuer != found.issuer and (issuer is not None or found.names_itself):
        raise UnverifiedTokenError("issuer of the answer")
    code = request.GET.get("code", "")
    if "error" in request.GET or not code:
        return Failed.DENIED
    if len(code) > LONGEST_CODE:
        raise UnverifiedTokenError("length of the code")
    tokens = provider.exchanged(found, code, back=_back(), verifier=begun.verifier)
    if isinstance(tokens, Refusal):
        raise UnverifiedTokenError(tokens.error)
    return claims.stranger(found, tokens, nonce=begun.nonce, now=clock.now())


def _led_to(request: HttpRequest, found: Provider, begun: Trip) -> HttpResponse:
    """Lead to the provider; where a browser would not follow a form, by a link."""
    secrets = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier}
    address = provider.way_there(found, back=_back(), **secrets)
    if addresses.origin(address) != provider.origin():
        return shown(request, "external_onward", {"provider": settings.OIDC_NAME, "address": address})
    answer = HttpResponseRedirect(address)
    answer.status_code = HTTPStatus.SEE_OTHER
    return answer


def _away(request: HttpRequest, error: ProviderUnavailableError) -> HttpResponse:
    log.warning("auth.external.unavailable", why=str(error))
    answer = _failed(request, Failed.AWAY)
    answer["Retry-After"] = str(AGAIN_SECONDS)
    return answer


def _failed(request: HttpRequest, reason: Failed | NotLinked, *, why: str | None = None) -> HttpResponse:
    log.info("auth.external.refused", reason=str(reason), why=why)
    context = {"reason": str(reason), "provider": settings.OIDC_NAME}
    return shown(request, "external_failed", context, status=STATUSES.get(reason, HTTPStatus.FORBIDDEN))


@contextmanager
def _time_kept() -> Iterator[None]:
    """Leave some of the request's time for what comes after the provider."""
    left = deadline.remaining()
    with deadline.within(math.inf if left is None else max(left - KEPT_SECONDS, 0.0)):
        yield


def _back() -> str:
    return f"{settings.PUBLIC_URL}{BACK}"


def _require_provider() -> None:
    if not provider.is_set_up():
        raise NotFoundError
