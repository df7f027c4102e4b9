"""A real OpenID provider in a thread of the tests: answers over HTTP, checks what a good one checks.

It wants a nonce and PKCE with S256, and takes a code once. Whoever comes is ``person``, without being asked.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer  # type: ignore[import-untyped]  # no types
from authlib.oauth2 import OAuth2Error, rfc6749  # type: ignore[import-untyped]  # as above
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]  # as above
from authlib.oidc.core import OpenIDCode  # type: ignore[import-untyped]  # as above
from django.test import override_settings
from flask import Flask, Response, abort, jsonify, request
from joserfc.jwk import Key, OctKey, RSAKey
from werkzeug.serving import make_server

from family_site.identity.external import provider as remembering

CLIENT_ID, NAME = "families", "Nest"
SECRET = "what-only-the-two-know"  # of a client that there is in tests only
# It would tell of every call.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
KEY, OTHER_KEY = (RSAKey.generate_key(2048, auto_kid=True) for _ in range(2))


@dataclass
class Code:
    """What a code stands for."""

    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        """Where the browser was to be sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What it was asked for."""
        return self.scope

    def get_nonce(self) -> str:
        """What the ID token has to repeat."""
        return self.nonce

    def get_auth_time(self) -> None:
        """Nobody was asked for a password."""

    get_acr = get_amr = get_auth_time


class Us(rfc6749.ClientMixin):  # type: ignore[misc]  # of a class without types
    """The product, as the provider knows it."""

    def __init__(self, provider: "Provider") -> None:
        """Take whose client it is."""
        self.provider = provider

    def get_client_id(self) -> str:
        """Its name."""
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        """It has to be named."""

    def get_allowed_scope(self, scope: str) -> str:
        """All of it."""
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """The one that is registered."""
        return redirect_uri.endswith("/sign-in/external/callback")

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare it."""
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Whether the secret came as it is to come."""
        return method == self.provider.knows_us_by

    def check_response_type(self, response_type: str) -> bool:
        """Codes only."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Codes only."""
        return grant_type == "authorization_code"


@dataclass
class Provider:
    """The provider, and how it is to behave.

    ``claims``: what stands in the ID token instead of the truth. ``told``: what it tells beside the token.
    ``key`` and ``algorithm``: what it signs with; it publishes ``published``. ``altered``: what becomes of an
    ID token that is signed. ``discovery``: what it says of itself otherwise. ``heard``: what was sent with
    each code, ``given``: what was given for it.
    """

    person: dict[str, Any]
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] | None = None
    discovery: dict[str, Any] = field(default_factory=dict)
    key: Key = field(default_factory=lambda: KEY)
    published: list[Key] = field(default_factory=lambda: [KEY])
    algorithm: str = "RS256"
    altered: Callable[[str], str] = str
    knows_us_by: str = "client_secret_basic"
    delays: dict[str, float] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    codes: dict[str, Code] = field(default_factory=dict)
    heard: list[dict[str, str]] = field(default_factory=list)
    given: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> Flask:
        """Return the provider as a web application."""
        app = Flask("provider")
        server = AuthorizationServer(app, lambda _client_id: Us(self), lambda *_token: None)
        server.register_grant(_grant(self), [_id_tokens(self), CodeChallenge(required=True)])
        routes = {
            "/.well-known/openid-configuration": lambda: jsonify(self._described()),
            "/keys": lambda: jsonify({"keys": [key.as_dict(private=False) for key in self.published]}),
            "/authorize": lambda: self._authorize(server),
            "/token": server.create_token_response,
            "/person": self._person,
        }
        for path, view in routes.items():
            app.add_url_rule(path, path, view, methods=["POST"] if path == "/token" else ["GET"])
        app.before_request(self._behave)
        return app

    def _described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/person",
            "token_endpoint_auth_methods_supported": [self.knows_us_by],
            **self.discovery,
        }

    def _authorize(self, server: Any) -> Any:
        if request.args.get("code_challenge_method") != "S256":
            abort(400)
        try:
            grant = server.get_consent_grant(end_user=self.person)
        except OAuth2Error as error:
            return server.handle_error_response(None, error)
        return server.create_authorization_response(grant_user=self.person, grant=grant)

    def _person(self) -> Response:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in {
            each["access_token"] for each in self.given
        }:
            abort(401)
        return jsonify(self.person if self.told is None else self.told)

    def _behave(self) -> None:
        self.asked[request.path] += 1
        if request.path == "/token":
            self.heard.append(request.form.to_dict())
        time.sleep(self.delays.get(request.path, 0))
        if request.path in self.broken:
            abort(503)


def _grant(provider: Provider) -> Any:
    class Grant(rfc6749.AuthorizationCodeGrant):  # type: ignore[misc]  # of a class without types
        def save_authorization_code(self, code: str, asked: Any) -> None:
            wanted = asked.payload.data
            provider.codes[code] = Code(
                asked.payload.redirect_uri,
                asked.payload.scope,
                *(wanted[name] for name in ("nonce", "code_challenge", "code_challenge_method")),
            )

        def query_authorization_code(self, code: str, _client: Any) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, code: Code) -> None:
            provider.codes = {name: each for name, each in provider.codes.items() if each is not code}

        def authenticate_user(self, _code: Code) -> Any:
            return provider.person

    return Grant


def _id_tokens(provider: Provider) -> Any:
    class IdTokens(OpenIDCode):  # type: ignore[misc]  # of a class without types
        def exists_nonce(self, nonce: str, _request: Any) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def resolve_client_private_key(self, _client: Any) -> Any:
            return provider.key

        def get_client_algorithm(self, _client: Any) -> str:
            return provider.algorithm

        def get_encode_header(self, _client: Any) -> dict[str, Any]:
            named = {} if isinstance(provider.key, OctKey) else {"kid": provider.key.kid}
            return {"alg": provider.algorithm, **named}

        def get_client_claims(self, client: Any) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [client.get_client_id()]}

        def generate_user_info(self, user: dict[str, Any], _scope: str) -> dict[str, Any]:
            return {**user, **provider.claims}

        def process_token(self, grant: Any, response: Any) -> Any:
            token = super().process_token(grant, response)
            token["id_token"] = provider.altered(token["id_token"])
            provider.given.append(token)
            return token

    return IdTokens(require_nonce=True)


@contextlib.contextmanager
def provider(email: str, *, verified: bool = True, subject: str = "bird-7") -> Iterator[Provider]:
    """Run a provider whose person has this address, and let the product sign people in there."""
    made = Provider({"sub": subject, "email": email, "email_verified": verified})
    server = make_server("127.0.0.1", 0, made.app(), threaded=True)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    remembering._remembered.clear()  # noqa: SLF001  # of one that had the same port
    thread = threading.Thread(target=server.serve_forever, name="provider", daemon=True)
    thread.start()
    try:
        with override_settings(
            OIDC_ISSUER=made.issuer, OIDC_CLIENT_ID=CLIENT_ID, OIDC_CLIENT_SECRET=SECRET, OIDC_NAME=NAME
        ):
            yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
