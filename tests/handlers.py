"""Django's handler with its middlewares, made once: each client's own would list all static files again."""

from functools import cache

from django.test.client import ClientHandler


@cache
def handler(*, checks_csrf: bool) -> ClientHandler:
    """Return the one that checks forms as anybody's, or the one that does not."""
    made = ClientHandler(enforce_csrf_checks=checks_csrf)
    made.load_middleware()
    return made
