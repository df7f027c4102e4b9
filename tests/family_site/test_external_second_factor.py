"""Who has a second factor is asked for it, also when they come back from another provider."""

from tests.database import documents
from tests.family_site.travelling import confirmed, linked, there_and_back
from tests.identity_provider import provider
from tests.second_factors import secured
from tests.visitor import Visitor


def browser_sessions() -> int:
    return sum(each["kind"] == "browser" for each in documents("sessions")["sessions"])


def test_another_provider_stands_for_the_password_only() -> None:
    someone, visitor = secured(confirmed()), Visitor()
    with provider(someone.person.email):
        page = there_and_back(visitor, at="/sign-in?next=/welcome/fam_x")

    assert (page.status, page.inputs.keys() >= {"code", "challenge_token"}) == (200, True)
    assert (len(linked(someone.person)), browser_sessions(), visitor.is_signed_in) == (1, 0, False)

    (form,) = page.forms
    answer = visitor.send(form.action, {**form.fields, "code": someone.code()})

    assert (answer.status, answer.goes_to) == (303, "/welcome/fam_x")
    assert (browser_sessions(), visitor.is_signed_in) == (1, True)
