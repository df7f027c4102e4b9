"""Django's WSGI handler, as we serve it."""

from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.core import signals
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, reset_queries

from ops.metrics import http

# What Django does around each request for connections that live as long as one. Ours are pools that live as
# long as the process, so none of it has an effect, and together it costs a quarter of a small answer.
IDLE = (
    (signals.request_started, reset_queries),
    (signals.request_started, close_old_connections),
    (signals.request_finished, close_old_connections),
    (signals.request_finished, close_caches),
    (signals.request_finished, reset_urlconf),
)


class Handler(WSGIHandler):
    """Django's, without its look for databases that would make each request a transaction: ours does not."""

    def make_view_atomic(self, view: Any) -> Any:
        """Return the view as it is."""
        return view


def application() -> Handler:
    """Set Django up and return its handler.

    The routes are loaded now, so that the first request does not wait for them, and the metrics show every
    operation and code from the start.
    """
    django.setup(set_prefix=False)
    handler = Handler()
    import_module(settings.ROOT_URLCONF)
    http.show_errors()
    for signal, receiver in IDLE:
        signal.disconnect(receiver)
    return handler
