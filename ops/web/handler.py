"""Django's WSGI handler, as we serve it."""

from importlib import import_module

from django.conf import settings
from django.core import signals
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
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


def application() -> WSGIHandler:
    """Set Django up and return its handler.

    The routes are loaded now, so that the first request does not wait for them, and the metrics show every
    operation and code from the start.
    """
    handler = get_wsgi_application()
    import_module(settings.ROOT_URLCONF)
    http.show_errors()
    for signal, receiver in IDLE:
        signal.disconnect(receiver)
    return handler
