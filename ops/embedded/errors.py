"""What can be the matter with the embedded servers."""


class EmbeddedError(Exception):
    """The embedded servers cannot be started or used; its text is one line: what is wrong, what to do."""

    def __init__(self, line: str) -> None:
        """Take the sentence; line ends that came in with a quoted log line become spaces."""
        super().__init__(" ".join(line.split()))
