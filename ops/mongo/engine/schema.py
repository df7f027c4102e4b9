"""Unique indexes that the planner can use."""

from typing import Any

from django_mongodb_backend.schema import DatabaseSchemaEditor


class SchemaEditor(DatabaseSchemaEditor):
    """Make the unique index of a NOT NULL field a plain one.

    The backend makes each unique index partial (``$type``), which the planner never takes for an
    equality: a look-up by e-mail would read every user.
    """

    def add_index(  # noqa: PLR0913  # the backend's signature
        self,
        model: Any,
        index: Any,
        *,
        field: Any = None,
        unique: bool = False,
        column_prefix: str = "",
        parent_model: Any = None,
    ) -> None:
        """Create the index, without a ``$type`` filter for fields that are always set.

        Those of an embedded document are not: the document itself may be missing.
        """
        if unique and not column_prefix:
            named = model._meta  # noqa: SLF001  # Django's documented way to a model's fields
            fields = [field] if field else [named.get_field(name) for name, _ in index.fields_orders]
            _drop_type_filters(index, {each.column for each in fields if not each.null})
        super().add_index(
            model, index, field=field, unique=unique, column_prefix=column_prefix, parent_model=parent_model
        )


def _drop_type_filters(index: Any, columns: set[str]) -> None:
    build = index.get_pymongo_index_model

    def build_plain(*args: Any, **options: Any) -> Any:
        built = build(*args, **options)
        filters = built.document.get("partialFilterExpression", {})
        for column in columns & filters.keys():
            filters[column].pop("$type", None)
            if not filters[column]:
                del filters[column]
        if not filters:
            built.document.pop("partialFilterExpression", None)
        return built

    index.get_pymongo_index_model = build_plain
