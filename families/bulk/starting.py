"""How a further process begins: named here, where nothing is imported that needs Django to be ready."""


def begin(database: str) -> None:
    """Make Django ready, and let it write into this database."""
    import django  # noqa: PLC0415  # in a process that has just begun

    django.setup()
    from django.db import connections  # noqa: PLC0415  # as above

    connections["default"].settings_dict["NAME"] = database
