"""Telling people what happened, in the app and by mail, in the unit of the change that it tells of.

Apps register the types of their notices, with the words; one of them says how people are reached and what
they prefer. Source: HTTP contract, sections 12 and 18 (rule 18).
"""

from ops.notices.kinds import NoticeType, named, register, registered, words
from ops.notices.readers import Preferences, Reader, register_readers
from ops.notices.telling import Notice, tell, tell_each

__all__ = [
    "Notice",
    "NoticeType",
    "Preferences",
    "Reader",
    "named",
    "register",
    "register_readers",
    "registered",
    "tell",
    "tell_each",
    "words",
]
