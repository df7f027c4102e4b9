"""How good a key must be."""

KEY_LENGTH = 32
KEY_DISTINCT = 10  # a key of one repeated word has fewer different characters than a random one
PLACEHOLDERS = ("change", "example", "insecure", "placeholder", "secret-key", "your-")


def weakness(key: str) -> str | None:
    """Say what is wrong with a key; ``None``: nothing is."""
    if not key:
        return "is missing"
    if len(key) < KEY_LENGTH:
        return f"is too short: {len(key)} characters, at least {KEY_LENGTH} are needed"
    if len(set(key)) < KEY_DISTINCT or any(word in key.lower() for word in PLACEHOLDERS):
        return "is too easy to guess"
    return None
