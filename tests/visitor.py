"""Somebody at a browser that knows no script: opens pages and presses their buttons, and nothing else."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.test import Client

from tests.factories import PASSWORD, Person
from tests.handlers import handler

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
MOST_HOPS = 5
UNSEEN = {"head", "style", "script"}
WITHOUT_END = {"img", "input", "link", "meta"}


@dataclass
class Form:
    """A form: where it leads, what is in it, and the words on its button."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    button: str = ""


class Shown(HTMLParser):
    """A page, as tests look at it."""

    def __init__(self, raw: Any) -> None:
        """Take Django's answer."""
        super().__init__()
        self.status: int = raw.status_code
        self.headers: dict[str, str] = dict(raw.items())
        self.goes_to: str = self.headers.get("Location", "")
        self.html: str = raw.getvalue().decode()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.inputs: dict[str, dict[str, str | None]] = {}
        self._words: list[str] = []
        self._open: list[str] = []
        self._link = self._label = ""
        self.feed(self.html)

    @property
    def text(self) -> str:
        """What stands there to be read, with single spaces."""
        return " ".join(" ".join(self._words).split())

    @property
    def heading(self) -> str:
        """The heading of the page."""
        start, end = self.html.index("<h1>"), self.html.index("</h1>")
        inner = HTMLParser()
        words: list[str] = []
        inner.handle_data = words.append  # type: ignore[assignment]  # all that is wanted of it
        inner.feed(self.html[start:end])
        return " ".join("".join(words).split())

    def form(self, button: str) -> Form:
        """Return the form of a button."""
        (found,) = [each for each in self.forms if each.button == button]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, their fields, and links."""
        known = dict(attrs)
        if tag not in WITHOUT_END:
            self._open.append(tag)
        if tag == "form":
            self.forms.append(Form(known.get("action") or "", known.get("method") or "get"))
        elif tag == "input" and (name := known.get("name")):
            self.inputs[name] = known
            self.forms[-1].fields[name] = known.get("value") or ""
        elif tag == "a":
            self._link = known.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Note words."""
        if UNSEEN & set(self._open) or not data.strip():
            return
        self._words.append(data)
        if "a" in self._open:
            self.links[data.strip()] = self._link
        if "button" in self._open:
            self.forms[-1].button = data.strip()


class Visitor:
    """A browser of one person, or of nobody; its forms are checked as anybody's."""

    def __init__(self, person: Person | None = None, *, address: str = "127.0.0.1") -> None:
        """Sign in by the page, if somebody is given."""
        self.client = Client(
            enforce_csrf_checks=True,
            raise_request_exception=False,
            REMOTE_ADDR=address,
            headers={"accept": ACCEPT, "user-agent": "Mozilla/5.0 Firefox/140.0"},
        )
        self.client.handler = handler(checks_csrf=True)
        if person:
            self.sign_in(person.username)

    @property
    def cookies(self) -> set[str]:
        """The names of the cookies it keeps."""
        return {name for name, kept in self.client.cookies.items() if kept.value}

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is."""
        return self.open("/welcome").status == 200

    def open(self, path: str, *, method: str = "GET") -> Shown:
        """Open a page; where it leads on, that is told and not followed."""
        return Shown(self.client.generic(method, path))

    def press(self, page: Shown, button: str, **typed: str) -> Shown:
        """Fill in the form of a button and send it; follows where that leads."""
        form = page.form(button)
        assert form.method == "post"
        assert typed.keys() <= form.fields.keys()
        return self.follow(self.send(form.action, {**form.fields, **typed}))

    def send(self, path: str, fields: dict[str, str]) -> Shown:
        """Send a form as it is given; where that leads, is told and not followed."""
        return Shown(self.client.post(path, fields))

    def follow(self, page: Shown) -> Shown:
        """Go where an answer leads, until there is a page."""
        for _ in range(MOST_HOPS):
            if not page.goes_to:
                return page
            assert page.status == 303
            assert page.goes_to.startswith("/")
            page = self.open(page.goes_to)
        raise AssertionError(page.goes_to)

    def sign_in(self, identifier: str, password: str = PASSWORD, *, at: str = "/sign-in") -> Shown:
        """Sign in by the page."""
        return self.press(self.open(at), "Sign in", identifier=identifier, password=password)

    def take_cookie(self, value: str) -> None:
        """Keep this as the session's cookie."""
        self.client.cookies[settings.SESSION_COOKIE_NAME] = value
