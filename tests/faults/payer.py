"""Processes that pay until they are killed: ``python -m tests.faults.payer DATABASE WHAT``.

``prepare`` registers people with tokens; ``pay`` pays among them. It reads ``<line> <from>``: a thread sends
the intents of that line from this number on, each with its key, again until it is answered, and says which
transaction that was.
"""

import sys
import threading
from collections import Counter
from functools import partial
from random import Random

import django
from django.conf import settings

django.setup()

from django.db import connections  # noqa: E402  # needs the set-up

from tests.factories import Person, new_person  # noqa: E402
from tests.tokens import deeds  # noqa: E402
from tests.tokens.funds import account_of, issue  # noqa: E402

PEOPLE = 4
TOKENS = 1_000_000
_speaking = threading.Lock()


def prepare() -> None:
    """Register people and put tokens on their accounts; say who they are."""
    for _ in range(PEOPLE):
        person = new_person()
        issue(account_of(person)["_id"], TOKENS)
        say(f"{person.id} {person.username}")


def pay(people: list[Person]) -> None:
    """Pay for each line that is read; ends with its input."""
    for words in sys.stdin:
        line, first = map(int, words.split())
        threading.Thread(target=_pay_for_ever, args=(line, first, people), daemon=True).start()


def _pay_for_ever(line: int, first: int, people: list[Person]) -> None:
    number = first
    while True:
        random = Random(f"{line} {number}")  # noqa: S311  # the same intent is the same payment
        by, to = random.sample(people, 2)
        send = partial(deeds.send, to.username, random.randint(1, 9), by=by)
        answer = deeds.insist(key_of(line, number), send, by=by, outcomes=Counter())
        say(f"{line} {number} {answer.decode() if answer else None}")
        number += 1


def key_of(line: int, number: int) -> str:
    """Return the key of an intent."""
    return f"intent-{line}-{number}"


def say(words: str) -> None:
    """Tell the parent; a line at a time, and at once."""
    with _speaking:
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    connections["default"].settings_dict["NAME"] = sys.argv[1]
    if sys.argv[2] == "prepare":
        prepare()
    else:
        named = [each.split(":") for each in sys.argv[3:]]
        pay([Person(user_id, username, "", "", "") for user_id, username in named])
