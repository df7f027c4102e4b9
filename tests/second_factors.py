"""People with a second factor, made as people make one, and the codes of their authenticators."""

from dataclasses import dataclass, replace

from family_site.identity import totp
from family_site.identity.actions import second_factor, sign_in_challenges, signing_in
from family_site.identity.queries import user_by_id
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from tests.factories import PASSWORD, Person, new_person, new_staff


@dataclass(frozen=True)
class Secured:
    """A person with a second factor. ``person`` has a session that was signed in to with it."""

    person: Person
    secret: str
    backup_codes: list[str]

    def code(self, steps: int = 0) -> str:
        """Return the code of now, or so many steps later; with each, those before it are used up."""
        return code_of(self.secret, steps)


def code_of(secret: str, steps: int = 0) -> str:
    """Return the code of a secret of now, or so many steps later."""
    return totp.code_at(secret, totp.step_at(clock.now()) + steps)


def secured(person: Person | None = None) -> Secured:
    """Give somebody a second factor; the code that turned it on is that of the step before."""
    person, now = person or new_person(), clock.now()
    made = second_factor.set_up(PASSWORD, actor=person.actor, now=now)
    before = totp.code_at(made.secret, totp.step_at(now) - 1)
    codes = second_factor.turn_on(before, actor=person.actor, now=now)
    return Secured(person, made.secret, codes)


def secured_staff(role: Role, username: str | None = None) -> Secured:
    """Return a member of staff with a second factor."""
    return secured(new_staff(role, username))


def without_it(someone: Secured) -> Person:
    """Return the person with a session that was opened without the second factor, as before there was one."""
    user = user_by_id(someone.person.id)
    opened = signing_in.open_session(user, actor=Actor.system("tests"), now=clock.now())
    return replace(someone.person, token=opened.access_token, session_id=opened.session_id)


def challenge_and_code() -> dict[str, str]:
    """Return what answers a challenge of somebody new, from the address that tests call from."""
    someone, asked = secured(), replace(Actor.system("tests"), address="127.0.0.1")
    issued = sign_in_challenges.issue(user_by_id(someone.person.id), actor=asked, now=clock.now())
    return {"challenge_token": issued.challenge_token, "code": someone.code()}


def first_code(person: Person) -> dict[str, str]:
    """Return what turns on the second factor that is made for somebody."""
    made = second_factor.set_up(PASSWORD, actor=person.actor, now=clock.now())
    return {"method": "totp", "code": totp.code_at(made.secret, totp.step_at(clock.now()))}


def password_and_code(person: Person | None) -> dict[str, str]:
    """Return what gives up the second factor that somebody gets; ``None``: somebody new."""
    return {"password": PASSWORD, "code": secured(person).code()}
