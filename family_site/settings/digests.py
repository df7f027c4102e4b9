"""What a setting may be known by without being told: to say later which of them was changed."""

import hashlib
import hmac

from family_site.settings.environment import Environment

DIGITS = 12


def digests(environment: Environment) -> dict[str, str]:
    """Return a digest of each variable's value, by the variable's name.

    Keyed with ``SECRET_KEY``, so that a short value cannot be found by trying; of that key itself too.
    """
    key = environment.secret_key.encode()
    return {
        name.upper(): hmac.new(key, f"{name}={value!r}".encode(), hashlib.sha256).hexdigest()[:DIGITS]
        for name, value in sorted(environment.model_dump().items())
    }
