"""What the database is, and holds."""

from django.apps import apps

from ops.metrics.sources import Figure, Source, register
from ops.mongo.collections import collection
from ops.mongo.indexes import declared
from ops.profiling import switching


def enter() -> None:
    """Register."""
    register(
        Source(
            "documents",
            [Figure("collection_documents", "Documents, as the server estimates.", ("collection",))],
            lambda: {"collection_documents": _documents()},
        )
    )
    register(
        Source(
            "profiler",
            [Figure("profiler_level", "What MongoDB's profiler notes: 0 nothing, 1 what is slow, 2 all.")],
            lambda: {"profiler_level": float(switching.standing().level)},
        )
    )


def _documents() -> dict[str, float]:
    """Ask the server's own records; no document is read."""
    stored = {model._meta.db_table for model in apps.get_models()}  # noqa: SLF001  # Django's documented way
    names = sorted(stored | declared().keys())
    return {name: float(collection(name).raw.estimated_document_count()) for name in names}
