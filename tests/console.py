"""A client of the console: pages through Django's handler, signed in by the sign-in form."""

import html
import re
from typing import Any

from django.contrib.admin.utils import quote
from django.test import Client

from tests.factories import PASSWORD, Person
from tests.handlers import handler

LIST = {
    "users": "/admin/identity/user/",
    "sessions": "/admin/identity/session/",
    "permanent tokens": "/admin/identity/permanenttoken/",
    "accounts": "/admin/tokens/sbdaccount/",
    "transactions": "/admin/tokens/sbdtransaction/",
    "issuances": "/admin/tokens/issuance/",
    "token requests": "/admin/tokens/tokenrequest/",
    "purchase requests": "/admin/tokens/purchaserequest/",
    "allowances": "/admin/tokens/allowance/",
    "payments": "/admin/tokens/allowancepayment/",
    "families": "/admin/families/family/",
    "emergencies": "/admin/families/emergencyunfreeze/",
    "people": "/admin/families/familyperson/",
    "audit": "/admin/ops/auditentry/",
    "mails": "/admin/ops/mail/",
    "access rules": "/admin/ops/accessrule/",
    "security events": "/admin/ops/securityevent/",
    "overrides": "/admin/ops/limitoverride/",
    "invitations": "/admin/invitations/familyinvitation/",
}


def document_page(path: str, identifier: str) -> str:
    """Return the address of a document's page below a list; some ids would read as something else there."""
    return f"{path}{quote(identifier)}/change/"


class Page:
    """A page, as tests look at it."""

    def __init__(self, raw: Any) -> None:
        """Take Django's answer."""
        self.raw = raw
        self.status: int = raw.status_code
        self.html: str = raw.getvalue().decode()
        self.goes_to: str = raw.headers.get("Location", "")

    @property
    def text(self) -> str:
        """What stands there to be read, with single spaces; hidden parts included."""
        bare = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())

    @property
    def told(self) -> str:
        """The messages above the page, in words."""
        return _bare(self.html.partition('<ul class="messagelist">')[2].partition("</ul>")[0])

    @property
    def links(self) -> set[str]:
        """Where its links lead."""
        return {html.unescape(each) for each in re.findall(r'<a [^>]*?href="([^"]+)"', self.html)}

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the list, row by row, without the boxes that choose them."""
        _, _, rest = self.html.partition('id="result_list"')
        return _rows(rest.partition("</table>")[0])

    def table(self, title: str) -> list[list[str]]:
        """Return the cells of a table of a document's page."""
        _, found, rest = self.html.partition(f'<section class="module console-table" aria-label="{title}">')
        assert found, f"no table {title}"
        return _rows(rest.partition("</section>")[0])

    def field(self, label: str) -> str:
        """Return what a field of a document's page shows."""
        pattern = rf"<label>{re.escape(label)}:</label>\s*<div class=\"readonly\">(.*?)</div>"
        found = re.search(pattern, self.html, re.DOTALL)
        assert found, f"no field {label}"
        return _bare(found[1])


class Console:
    """A browser of one person, or of nobody."""

    def __init__(self, person: Person | None = None, **headers: str) -> None:
        """Sign in, if somebody is given."""
        self.client = Client(raise_request_exception=False, enforce_csrf_checks=False, headers=headers)
        self.client.handler = handler(checks_csrf=False)
        if person:
            assert self.sign_in(person.username).goes_to == "/admin/"

    def sign_in(self, username: str, password: str = PASSWORD, **more: str) -> Page:
        """Send the sign-in form."""
        form = {"username": username, "password": password, "next": "/admin/", **more}
        return self.post("/admin/login/", form)

    def get(self, path: str, **query: str) -> Page:
        """Open a page."""
        return Page(self.client.get(path, query))

    def names(self, which: str, /, **query: str) -> list[str]:
        """Return the first cell of each row of a list."""
        page = self.get(LIST[which], **query)
        assert page.status == 200
        return [row[0] for row in page.rows]

    def post(self, path: str, form: dict[str, Any] | None = None) -> Page:
        """Send a form."""
        return Page(self.client.post(path, form or {}))

    def ask(self, path: str, action: str, *ids: str, **more: str) -> Page:
        """Choose documents of a list, or press a button of a document's page."""
        return self.post(path, {"action": action, "_selected_action": ids, **more})

    def confirm(self, path: str, action: str, *ids: str, reason: str = "as asked by phone") -> Page:
        """Send the form that asks for the reason."""
        return self.ask(path, action, *ids, confirmed="1", reason=reason)

    def sign_out(self) -> Page:
        """Press the button."""
        return self.post("/admin/logout/")


def _rows(table: str) -> list[list[str]]:
    body = table.partition("<tbody>")[2]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    cells = [re.findall(r"<t[hd]([^>]*)>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[_bare(cell) for kind, cell in row if "action-checkbox" not in kind] for row in cells]


def _bare(cell: str) -> str:
    icons = re.sub(r'<img [^>]*alt="([^"]*)"[^>]*>', r"\1", cell)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", icons)).split())
