"""What a family of a number looks like: its ids, names and times; no database, no clock."""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

# What the random part of every id begins with: 32 bits, so that nobody else's does.
MARK = "5eedb01c"
MOST_SEED = 0xFFFF
NUMBER_DIGITS = 12
# Of one family there are fewer documents of a kind.
PARTS = 64
YEAR = timedelta(days=365)
DIGITS = string.digits + string.ascii_lowercase


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """
    ada ben cleo dara eli fay gus hana ivo june kai lena milo nora omar pia quinn rosa sami tess uma vito
    wren xenia yara zeno alma bram cora dion esme finn greta hugo ines jonas kira luca maya nico otto paula
    rafi sofia theo ursula vera willem yusuf zoe amir bea carl dina emil flora gita henry
    """
)
LAST = _words(
    """
    lark hill brook marsh stone field ford wood moore reed lane vale glen heath dale frost west north hart
    swan finch crane heron rook wren dove hawk ash birch elm hazel holly rowan thorn willow alder baker
    carter cooper fisher fletcher mason miller potter sawyer shepherd smith tanner taylor turner weaver
    """
)
PLACES = _words(
    """
    Harbour Mill Garden Orchard Bridge River Lake Forest Meadow Castle Market Church School Station Tower
    Lighthouse Valley Island Quarry Windmill
    """
)


@dataclass(frozen=True)
class Plan:
    """How many families there shall be, of what size, and when.

    Attributes:
        families: how many in all.
        members: how many people belong to one, on average, its founder included.
        most_members: the most that one may have.
        entries: how many entries the account of each family has.
        seed: of what is drawn by lot; from 0 to ``MOST_SEED``.
        now: the end of the year over which all is spread.
    """

    families: int
    members: int
    most_members: int
    entries: int
    seed: int
    now: datetime

    def lots(self, number: int) -> random.Random:
        """Return what is drawn by lot for a family: the same each time."""
        return random.Random(self.seed << 48 | number)  # noqa: S311  # nothing that must not be guessed

    def size(self, number: int) -> int:
        """Return how many people belong to a family: on average as many as asked for."""
        return max(1, min(self.most_members, self.members + (0, -1, 1, 0, 0)[number % 5]))

    def id_of(self, prefix: str, number: int, part: int = 0) -> str:
        """Return the id of a document of a family; ids rise with the family's number, and so do its parts."""
        return f"{self.first_id(prefix)}{number:0{NUMBER_DIGITS}x}{part:06x}"

    def number_of(self, identifier: str) -> int:
        """Return the number of the family that a document of this id is of."""
        return int(identifier.removeprefix(self.first_id(identifier.partition("_")[0]))[:NUMBER_DIGITS], 16)

    def code_of(self, number: int, part: int = 0) -> str:
        """Return what ends a name, so that nobody has the same."""
        return "".join(_digits(self.seed << 46 | number * PARTS + part))

    def first_id(self, prefix: str) -> str:
        """Return what the ids of this seed begin with."""
        return f"{prefix}_{MARK}{self.seed:04x}"

    def founded_at(self, number: int) -> datetime:
        """Return when a family was founded: one after the other over the year."""
        share = (number + 0.5) / max(self.families, number + 1)
        return whole(self.now - YEAR + share * (YEAR - timedelta(minutes=5)))


def whole(moment: datetime) -> datetime:
    """Return a time as the database keeps it, to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def between(lots: random.Random, first: datetime, last: datetime) -> datetime:
    """Return a time drawn by lot."""
    return whole(first + lots.random() * max(last - first, timedelta()))


def family_name(lots: random.Random, surname: str) -> str:
    """Return the name of a family."""
    plural = f"{surname.title()}s"
    return lots.choice(
        (f"The {plural}", f"{plural} of {lots.choice(PLACES)} Street", f"{surname.title()} House")
    )


def _digits(number: int) -> Iterator[str]:
    """Yield the digits of a number, the last one first: as unlike as can be where they begin."""
    while True:
        number, digit = divmod(number, len(DIGITS))
        yield DIGITS[digit]
        if not number:
            return
