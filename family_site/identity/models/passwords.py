"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two rounds, one lane: OWASP's least figures (Password Storage Cheat Sheet).

    Django's own default takes 100 MiB for each sign-in, more than a whole web process may.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
