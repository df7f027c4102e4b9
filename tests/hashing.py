"""The product's hashing of passwords, with less work in it: most tests make a user or two."""

from family_site.identity.models.passwords import Argon2Hasher


class QuickHasher(Argon2Hasher):
    """Argon2id at the least that it can do."""

    time_cost = 1
    memory_cost = 8  # KiB
