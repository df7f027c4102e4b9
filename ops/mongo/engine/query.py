"""Queries whose sort can use an index."""

from typing import Any

from django_mongodb_backend.query import MongoQuery


class OrderedQuery(MongoQuery):
    """Sort and limit before anything reshapes the documents.

    The backend puts ``{$addFields: {f: "$f"}}`` and ``$project`` before ``$sort``; either hides the
    index from the planner, so that each ordered list reads and sorts the whole collection.
    """

    def get_pipeline(self) -> list[dict[str, Any]]:
        """Return the aggregation pipeline, free of stages that change nothing before the sort."""
        if self.extra_fields:
            useful = {name: value for name, value in self.extra_fields.items() if value != f"${name}"}
            self.extra_fields = useful or None
        pipeline: list[dict[str, Any]] = super().get_pipeline()  # type: ignore[no-untyped-call]  # the backend ships no types
        if not self._projects_plainly():
            return pipeline
        projections = [stage for stage in pipeline if stage.get("$project") is self.project_fields]
        others = [stage for stage in pipeline if stage.get("$project") is not self.project_fields]
        return others + projections

    def _projects_plainly(self) -> bool:
        """Tell whether the projection only picks fields, those of the sort among them."""
        if not self.ordering or not self.project_fields:
            return False
        if self.extra_fields or self.combinator_pipeline or self.aggregation_pipeline or self.subquery_lookup:
            return False
        picks = all(value in (1, f"${name}") for name, value in self.project_fields.items())
        return picks and all(name.split(".")[0] in self.project_fields for name in self.ordering)
