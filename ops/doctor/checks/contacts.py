"""doctor:contacts (inventory C49-C52): whoever is to be told of an incident can be told.

What is set is nobody's business here: only names of contacts are told, never an address or a number.
"""

from collections.abc import Iterator

from django.conf import settings

from ops.contacts import people
from ops.contacts.people import Contact
from ops.doctor.check import Finding, Result
from ops.doctor.findings import without_settings
from ops.doctor.whereabouts import Whereabouts

# Called by people, and by no level of the matrix.
BESIDE_THE_MATRIX = ("legal", "external_security")


def look(where: Whereabouts) -> Finding:
    """Go through the matrix."""
    if where.faults:
        return without_settings("nothing says who is told of incidents")
    if not where.production:
        return Finding(Result.OK, ("nobody is called in the demo",))
    faults = list(_faults())
    if not faults:
        return Finding(Result.OK, ("everybody of the escalation matrix can be told, by two channels",))
    cause = "nobody hears of an incident who has no address: set them in /etc/sbd/sbd.env"
    return Finding(Result.DEGRADED, tuple(faults), cause, "grep CONTACT_ .env.example")


def _faults() -> Iterator[str]:
    wanted = dict.fromkeys(name for names in settings.ESCALATION_MATRIX.values() for name in names)
    everybody = [people.contact(name) for name in (*wanted, *BESIDE_THE_MATRIX)]
    yield from _listed("not set", [each for each in everybody if not each.is_set])
    yield from _listed("still a placeholder", [each for each in everybody if each.is_placeholder])
    if settings.ESCALATION_WEBHOOK is None:
        yield "ESCALATION_WEBHOOK_URL is not set: mail is the only channel, and may be the incident"
        without = [each for each in everybody if each.name in wanted and each.is_set and not each.mail]
        yield from _listed("a telephone number only, and no second channel", without)


def _listed(what: str, contacts: list[Contact]) -> Iterator[str]:
    if contacts:
        names = ", ".join(f"CONTACT_{each.name.upper()}" for each in contacts)
        yield f"{what}: {names}"
