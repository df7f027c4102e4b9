"""The server's entrance: ``uvicorn family_site.asgi:application``."""

import os
import signal
import threading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "family_site.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from ops.embedded.ties import end_with_parent
from ops.mongo.breaker import probe
from ops.server.bridge import Bridge
from ops.web.problems import rendered

application = Bridge(
    get_wsgi_application(),
    refuse=rendered,
    threads=settings.WEB_THREADS,
    on_start=[
        # uvicorn's workers outlive a master that was killed, and would keep the port.
        lambda: end_with_parent(signal.SIGTERM),
        # Connects before the first request does; a database that is away does not hold up the start.
        lambda: threading.Thread(target=probe, name="mongodb-first-look", daemon=True).start(),
    ],
)
