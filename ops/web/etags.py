"""Versions of what is read: ``ETag``, ``If-None-Match``, ``If-Match``.

Source: HTTP contract, section 1.3 (ETag); RFC 9110, sections 13.1.1 and 13.1.2.
"""

import re
from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

from ops.errors import PreconditionFailedError
from ops.web.answers import Response

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"')
ANY = "*"


def answer(request: Request, body: Callable[[], Any], etag: str) -> Response:
    """Return 304 if the client has this version already, else the body; both with the tag."""
    if is_known(request, etag):
        return Response(status=304, headers={"ETag": etag})
    return Response(body(), headers={"ETag": etag})


def is_known(request: Request, etag: str) -> bool:
    """Tell whether the client has this version already."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    return header is not None and (header.strip() == ANY or _opaque(etag) in _TAG.findall(header))


def require_match(request: Request, etag: str) -> None:
    """Let the change pass unless ``If-Match`` names another version.

    The part after the first dot counts what a change does not touch, such as payments; a proxy that
    compresses answers puts ``W/`` before the tag.

    Raises:
        PreconditionFailedError: it does.
    """
    header = request.META.get("HTTP_IF_MATCH")
    if header is None or header.strip() == ANY:
        return
    if _version(_opaque(etag)) not in {_version(each) for each in _TAG.findall(header)}:
        raise PreconditionFailedError(current_etag=etag)


def _opaque(etag: str) -> str:
    return etag.strip('"')


def _version(opaque: str) -> str:
    return opaque.partition(".")[0]
