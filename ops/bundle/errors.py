"""Why a piece of a bundle is missing."""


class CannotReadError(Exception):
    """A source cannot be read; the text says why, and holds no secret."""
