"""Logs: one line an event on standard output, with the level in capitals.

JSON for machines, or short lines for people (``LOG_FORMAT``). No token, password, mail body or query string
is ever part of a line: events carry ids. Source: design, section 8.
"""

from ops.logs.lines import be_silent, configure, formatter, logger

__all__ = ["be_silent", "configure", "formatter", "logger"]
