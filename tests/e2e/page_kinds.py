"""The kinds of pages that the console has, and the way to one of each; a new kind is a line here.

A way begins with a path below ``/admin/``; each further step does something on the page that it has led to.
The ways are gone in this order, in one browser, in a demo of their own: the last ones change something.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from playwright.sync_api import Page

Step: TypeAlias = Callable[[Page], object]
Way: TypeAlias = tuple[str, *tuple[Step, ...]]
ROW = "#result_list tbody th a"
TABLE = ".console-table tbody a"
REASON = "asked for by phone"


def follow(selector: str) -> Step:
    """Open the address of the first link that is found."""
    return lambda page: page.goto(str(page.locator(selector).first.evaluate("link => link.href")))


def press(selector: str) -> Step:
    """Press the first button that is found, and wait for the page that it leads to."""

    def step(page: Page) -> None:
        with page.expect_navigation():
            page.locator(selector).first.click()

    return step


def check(selector: str) -> Step:
    """Tick the first box that is found."""
    return lambda page: page.locator(selector).first.check()


def choose(action: str) -> Step:
    """Choose what is to be done to the chosen ones of a list."""
    return lambda page: page.locator("select[name=action]").first.select_option(action)


def say_why(page: Page) -> None:
    """Give the reason."""
    page.locator("#id_reason").fill(REASON)


LISTS: Mapping[str, str] = {
    "users": "identity/user/",
    "sessions": "identity/session/",
    "families": "families/family/",
    "invitations": "invitations/familyinvitation/",
    "people": "families/familyperson/",
    "emergencies": "families/emergencyunfreeze/",
    "accounts": "tokens/sbdaccount/",
    "entries": "tokens/sbdentry/",
    "transactions": "tokens/sbdtransaction/",
    "requests": "tokens/tokenrequest/",
    "purchases": "tokens/purchaserequest/",
    "allowances": "tokens/allowance/",
    "issuances": "tokens/issuance/",
    "mails": "ops/mail/",
    "limits in force": "ops/limitoverride/",
    "security events": "ops/securityevent/",
    "audit": "ops/auditentry/",
}
# Of the others there is none.
DOCUMENTS = (
    *("users", "sessions", "families", "invitations", "people", "accounts", "transactions", "requests"),
    *("purchases", "issuances", "mails", "audit"),
)
GO = press("#changelist-form .actions button")
CONFIRM = press(".submit-row input[type=submit]")
OF_TWO: Way = (LISTS["users"], *(check(f".action-select >> nth={each}") for each in (0, 1)))
OF_ALL: Way = (LISTS["users"], check(".every input"), choose("clear_counters"), GO)
EVERY: Mapping[str, Way] = {
    "front": ("",),
    "menu of one app": ("tokens/",),
    "found": ("find/?q=a",),
    "nothing found": ("find/?q=nothing-is-called-so",),
    "list that leaves nothing": ("identity/user/?q=nothing-is-called-so",),
    "list of one day": ("ops/auditentry/?at=2020-01-31",),
    "health": ("health/",),
    "runbook": ("runbook/",),
    "runbook page": ("runbook/5/",),
    "fix": ("runbook/fix/resend_mail/",),
    "incidents": ("incidents/",),
    "incident": ("incidents/", follow(TABLE)),
    "new incident": ("incidents/open/",),
    "breach scope": ("breach-scope/",),
    "mail templates": ("ops/mail/templates/",),
    "mail template": ("ops/mail/templates/", follow(TABLE)),
    "times": ("times/",),
    "no runs": ("runs/",),
    "limits": ("limits/",),
    "limit": ("limits/", follow("a:has-text('Override…')")),
    "saved filters": ("identity/user/filters/",),
    "refusal": ("identity/user/usr_nobody/change/",),
    **{f"list of {name}": (path,) for name, path in LISTS.items()},
    **{f"one of {name}": (LISTS[name], follow(ROW)) for name in DOCUMENTS},
    "confirmation": (LISTS["families"], follow(ROW), press(".console-actions button")),
    "confirmation of two": (*OF_TWO, choose("clear_counters"), GO),
    "outcome": (*OF_TWO, choose("clear_counters"), GO, say_why, CONFIRM),
    "confirmation of all": OF_ALL,
    "run at work": (*OF_ALL, say_why, CONFIRM, follow("a:has-text('Keep it still')")),
    "run stopped": ("runs/", follow(TABLE), press(".run button:has-text('Stop')")),
    "part of a run": ("runs/", follow(TABLE), follow("a:has-text('one by one')")),
    "runs": ("runs/",),
    "begin to see as a person": (
        *(f"{LISTS['users']}?q=ada", follow(ROW)),
        *(press("button[value=view_as]"), say_why, CONFIRM),
    ),
    "what a person sees": ("as/",),
    "families that a person sees": ("as/families/",),
    "family that a person sees": ("as/families/", follow(TABLE)),
    "front while seeing as a person": ("",),
    "refused while seeing as a person": ("times/", CONFIRM),
    "end of seeing as a person": ("as/", press(".viewing-as button")),
}
# Answered with a status that is what the kind is there for.
REFUSALS: Mapping[str, str] = {"refusal": "404", "refused while seeing as a person": "403"}
