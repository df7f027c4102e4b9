"""The product's hashing of passwords, with less work in it: most tests make a user or two."""

from family_site.identity.models.passwords import Argon2Hasher


class QuickHasher(Argon2Hasher):
    """Argon2id at the least that it can do."""

    time_cost = 1
    memory_cost = 8  # KiB


class WeakerHasher(Argon2Hasher):
    """The product's, with a quarter less work in it: a leak, if only some passwords are hashed so."""

    memory_cost = Argon2Hasher.memory_cost * 3 // 4
