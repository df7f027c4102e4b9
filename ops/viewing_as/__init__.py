"""Staff see what a person sees, read only, for a quarter of an hour.

The pages below ``/admin/as/`` ask the API's own views, in this process, as that person; what those refuse is
shown in their words. Who people are, and as whom a session looks, identity knows; it registers.

Invariants: while it lasts no form of the console is taken but the one that stops it and the one that signs
out. A view that is asked so opens no unit of work: one that would is refused. It counts against nobody's
limits and is kept under nobody's keys. That it began and ended stands in the audit entries of the person.
"""
