"""Collections whose commands say where they come from."""

import functools
from typing import Any

from pymongo.collection import Collection

from ops import origin


def _tagged(name: str) -> Any:
    """Return the driver's method; what it sends bears the comment of ``ops.origin``, if no other is given."""
    plain = getattr(Collection, name)

    @functools.wraps(plain)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        if options.get("comment") is None:
            options["comment"] = origin.comment()
        return plain(self, *args, **options)

    return call


class TaggedCollection(Collection[Any]):
    """The driver's collection; each of its commands bears a comment. Source: runbook inventory, R054."""

    find = _tagged("find")
    aggregate = _tagged("aggregate")
    count_documents = _tagged("count_documents")
    distinct = _tagged("distinct")
    insert_one = _tagged("insert_one")
    insert_many = _tagged("insert_many")
    update_one = _tagged("update_one")
    update_many = _tagged("update_many")
    replace_one = _tagged("replace_one")
    delete_one = _tagged("delete_one")
    delete_many = _tagged("delete_many")
    bulk_write = _tagged("bulk_write")
    find_one_and_update = _tagged("find_one_and_update")
    find_one_and_replace = _tagged("find_one_and_replace")
    find_one_and_delete = _tagged("find_one_and_delete")

    def with_options(self, *args: Any, **options: Any) -> Any:
        """Return the same collection with other options; the driver would return one of its own."""
        plain = super().with_options(*args, **options)
        return TaggedCollection(
            self.database,
            self.name,
            codec_options=plain.codec_options,
            read_preference=plain.read_preference,
            write_concern=plain.write_concern,
            read_concern=plain.read_concern,
        )
