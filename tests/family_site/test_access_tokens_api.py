"""Which access tokens are taken. Source: HTTP contract, sections 1.2, 2.2 and 11 (tokens)."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings

from family_site.identity.actions.disabling import disable
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.redis import store
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person

Claims = dict[str, Any]


def refused(answer: Answer) -> str:
    assert answer.problem == (401, "INVALID_TOKEN")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    reason: str = answer.json["details"]["reason"]
    assert answer.json["details"] == {"reason": reason}
    return reason


def bearer(token: str) -> Answer:
    return Api(authorization=f"Bearer {token}").get("/auth/me")


def parts(person: Person) -> tuple[dict[str, Any], Claims]:
    claims: Claims = jwt.decode(person.token, options={"verify_signature": False})
    return jwt.get_unverified_header(person.token), claims


def forged(
    person: Person, *, key: str | None = None, algorithm: str = "HS256", head: Any = None, **claims: Any
) -> str:
    """Return the person's token with other claims or signed in another way."""
    header, genuine = parts(person)
    return jwt.encode(
        {name: value for name, value in {**genuine, **claims}.items() if value is not None},
        settings.JWT_SIGNING_KEY if key is None else key,
        algorithm=algorithm,
        headers={**header, "alg": algorithm, **(head or {})},
    )


def raw(header: str, payload: str) -> str:
    encoded = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in (header, payload)]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def test_a_token_says_how_it_is_signed_and_no_more_than_who_and_until_when(person: Person) -> None:
    header, claims = parts(person)

    assert header.keys() == {"alg", "typ", "kid"}
    assert header["alg"] == "HS256"
    assert claims["exp"] - claims["iat"] == 900
    assert claims.keys() == {"sub", "sid", "jti", "typ", "iss", "aud", "iat", "exp"}
    assert (claims["sub"], claims["sid"]) == (person.id, person.session_id)
    assert bearer(forged(person)).status == 200  # so what is refused below is so for its difference


def test_a_call_without_credentials_is_told_the_scheme() -> None:
    answer = Api().get("/auth/me")

    assert answer.problem == (401, "AUTHENTICATION_REQUIRED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_taken_in_any_case(person: Person, scheme: str) -> None:
    assert Api(authorization=f"{scheme} {person.token}").get("/auth/me").status == 200


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (lambda person: forged(person, iat=1_700_000_000, exp=1_700_000_900), "expired"),
        (lambda person: forged(person, key="another-key-of-thirty-two-bytes-or-more"), "signature"),
        (lambda person: forged(person, key="", algorithm="none"), "signature"),
        (lambda person: forged(person, algorithm="HS512"), "signature"),
        (lambda person: forged(person, head={"kid": "0000000000000000"}), "signature"),
        (lambda person: forged(person, head={"kid": ""}), "signature"),
        (lambda person: forged(person)[:-6] + "AAAAAA", "signature"),
        (lambda person: forged(person, iss="another-system"), "malformed"),
        (lambda person: forged(person, aud="another-audience"), "malformed"),
        (lambda person: forged(person, aud=["another-audience"]), "malformed"),
        (lambda person: forged(person, iss=None), "malformed"),
        (lambda person: forged(person, aud=None), "malformed"),
        (lambda person: forged(person, exp=None), "malformed"),
        (lambda person: forged(person, exp="never"), "malformed"),
        (lambda person: forged(person, sub=None), "malformed"),
        (lambda person: forged(person, sid=None), "malformed"),
        (lambda person: forged(person, jti=None), "malformed"),
        (lambda person: forged(person, typ="refresh"), "malformed"),
        (lambda person: forged(person, typ="permanent"), "malformed"),
        (lambda person: forged(person, typ=["access"]), "malformed"),
        (lambda person: forged(person, sid="ses_000000000000000000000000000000"), "revoked"),
        (lambda person: forged(person, sid={"$ne": ""}), "malformed"),
        (lambda person: forged(person, sid=["ses_1"]), "malformed"),
        (lambda person: forged(person, sub="user_000000000000000000000000000000"), "revoked"),
    ],
)
def test_a_token_that_is_not_ours_is_refused(
    person: Person, forge: Callable[[Person], str], reason: str
) -> None:
    assert refused(bearer(forge(person))) == reason
    assert Api(person).get("/auth/me").status == 200


def test_a_token_of_one_user_for_the_session_of_another_is_refused(person: Person, stranger: Person) -> None:
    assert refused(bearer(forged(person, sub=stranger.id))) == "revoked"
    assert refused(bearer(forged(person, sid=stranger.session_id))) == "revoked"


def test_a_refresh_token_is_no_access_token(person: Person) -> None:
    tokens = Api().post("/auth/login", {"username": person.username, "password": PASSWORD}).json

    assert refused(bearer(tokens["refresh_token"])) == "malformed"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer ..",
        "Bearer a.b.c",
        "Bearer a.b.c.d",
        "Bearer \xff\xfe.\xff.\xff",
        "Basic cm9iaW46cGFzc3dvcmQ=",
        "Token 5",
        "Digest username=robin",
        ",",
        "Bearer " + "x" * 100_000,
        "Bearer " + "." * 10_000,
        "Bearer " + raw("[]", "{}"),
        "Bearer " + raw("null", "null"),
        "Bearer " + raw('"HS256"', '"x"'),
        "Bearer " + raw('{"alg":"HS256","kid":5}', "{}"),
        "Bearer " + raw('{"alg":"HS256","kid":["x"]}', "{}"),
        "Bearer " + raw('{"alg":["HS256"]}', "{}"),
        "Bearer " + raw('{"alg":"HS256","crit":["exp"]}', "{}"),
        "Bearer " + raw('{"alg":"HS256","b64":false,"crit":["b64"]}', "{}"),
        "Bearer " + raw("[" * 20_000, "{}"),
        "Bearer " + raw('{"kid":"\\ud800"}', "{}"),
        "Bearer " + raw('{"kid":' + "9" * 5000 + "}", "{}"),
    ],
)
def test_a_header_that_holds_no_token_is_refused(header: str) -> None:
    answer = Api(authorization=header).get("/auth/me")

    assert refused(answer) in {"malformed", "signature"}


def test_two_tokens_in_one_header_are_refused(person: Person) -> None:
    for separator in (" ", ",", ", Bearer "):
        header = f"Bearer {person.token}{separator}{person.token}"
        assert refused(Api(authorization=header).get("/auth/me")) in {"malformed", "signature"}


def test_a_token_in_the_query_or_in_a_cookie_is_no_sign_in(person: Person) -> None:
    assert Api().get(f"/auth/me?access_token={person.token}").problem[0] == 401
    cookie = f"sbd_session={person.token}; access_token={person.token}"
    assert Api(cookie=cookie).get("/auth/me").problem[0] == 401


def test_who_is_disabled_is_out_at_once(person: Person) -> None:
    assert Api(person).get("/auth/me").status == 200  # so that the session's state is remembered
    entries = len(audit())

    disable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="Lost device")

    assert refused(Api(person).get("/auth/me")) == "revoked"
    store().flushall()
    assert refused(Api(person).get("/auth/me")) == "revoked"
    assert len(audit()) == entries + 1


def test_a_session_is_over_from_the_very_second_of_its_end(person: Person) -> None:
    collection("sessions").update({"_id": person.session_id}, {"$set": {"expires_at": clock.now()}})

    assert refused(Api(person).get("/auth/me")) == "revoked"


def test_all_sessions_end_also_when_there_are_very_many(person: Person) -> None:
    (session,) = documents("sessions")["sessions"]
    many = [
        session | {"_id": f"ses_{number}", "expires_at": clock.now() + timedelta(1)} for number in range(1200)
    ]
    collection("sessions").insert(*many)

    assert Api(person).post("/auth/logout", {"all": True}).status == 200

    assert all(each["revoked_at"] for each in documents("sessions")["sessions"])


@pytest.mark.parametrize(
    "remembered", ["", "{", "[]", "null", "5", '"revoked"', "{}", '{"user_id": 5}', '{"user_id": "%s"}']
)
def test_what_somebody_wrote_into_the_cache_by_hand_is_not_believed(person: Person, remembered: str) -> None:
    store().set(f"session:{person.session_id}", remembered.replace("%s", person.id))

    answer = Api(person).get("/auth/me")

    assert (answer.status, answer.json["user_id"]) == (200, person.id)
