"""All faults, pairs of faults, and odd states."""

from faults.catalogue import books, callers, mail, mongo, parts, redis, site
from faults.catalogue.odd import ODD
from faults.catalogue.pairs import PAIRS

SINGLES = (
    *parts.FAULTS,
    *callers.FAULTS,
    *mongo.FAULTS,
    *redis.FAULTS,
    *mail.FAULTS,
    *site.FAULTS,
    *books.FAULTS,
)

__all__ = ["ODD", "PAIRS", "SINGLES"]
