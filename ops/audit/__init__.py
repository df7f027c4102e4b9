"""The audit log: one entry a change, written in the change's unit of work, and soon sealed into a chain.

Source: HTTP contract, sections 13 and 18 (rule 17); design, section 5.
"""

from ops.audit.recording import Change, Facts, record, record_each

__all__ = ["Change", "Facts", "record", "record_each"]
