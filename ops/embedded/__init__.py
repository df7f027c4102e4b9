"""A real MongoDB and a real Redis that come with the project: for the demo and the tests.

Needs no Django, and works while its settings are broken.
"""

from ops.embedded.errors import EmbeddedError
from ops.embedded.launcher import start, stop
from ops.embedded.state import Servers, running

__all__ = ["EmbeddedError", "Servers", "running", "start", "stop"]
