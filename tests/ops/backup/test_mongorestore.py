"""``mongorestore --uri=…/second_brain_database --drop /opt/backups/mongodb/latest/`` (runbook R092).

The tool itself is not here; this reads a directory by its rules: with a database named in the address, only
files that lie directly in the directory, ``.bson`` for documents and ``.metadata.json`` for options and
indexes; all else is skipped.
"""

from pathlib import Path
from typing import Any

import bson
import pytest
from bson import json_util
from bson.raw_bson import RawBSONDocument

from ops.backup.places import Places
from ops.mongo.collections import collection
from tests.ops.backup.filled import Server, new_founder, run

DATABASE = "tests_of_mongorestore"
UUID_HEX_DIGITS = 32


def mongorestore(server: Server, directory: Path) -> tuple[int, list[str]]:
    """Restore as it does with ``--drop``; returns how many documents, and what it skipped."""
    database, restored, skipped = server.client[DATABASE], 0, []
    files = {each: (directory / each).is_dir() for each in names_in(directory)}
    for name in [each for each in files if each.endswith(".bson") and not files[each]]:
        target = name.removesuffix(".bson")
        described = json_util.loads((directory / f"{target}.metadata.json").read_text())
        assert len(described["uuid"]) == UUID_HEX_DIGITS
        database.drop_collection(target)
        database.create_collection(target, **described["options"])
        restored += _filled(database, target, directory / name)
        indexes = [dict(each) for each in described["indexes"] if each["name"] != "_id_"]
        if indexes:
            database.command("createIndexes", target, indexes=indexes)
    for name, is_directory in files.items():
        if is_directory or not name.endswith((".bson", ".metadata.json")):
            skipped.append(name)
    return restored, skipped


def _filled(database: Any, target: str, path: Path) -> int:
    with path.open("rb") as file:
        found = list(bson.decode_file_iter(file, loaded_as_they_are()))
    if found:
        database[target].insert_many(found)
    return len(found)


def names_in(directory: Path) -> list[str]:
    """Return the names in a directory, in order."""
    return sorted(each.name for each in directory.iterdir())


def loaded_as_they_are() -> Any:
    """Return what leaves documents as they are."""
    return bson.CodecOptions(document_class=RawBSONDocument)


@pytest.fixture
def target(server: Server) -> Any:
    """The database that is restored into."""
    server.client.drop_database(DATABASE)
    yield server.client[DATABASE]
    server.client.drop_database(DATABASE)


def test_the_printed_line_restores_every_document_and_index(
    places: Places, server: Server, target: Any
) -> None:
    new_founder()
    run("backup")
    new_founder()
    run("backup")  # there is an older one beside it, which must not be in the way

    restored, skipped = mongorestore(server, Path(f"{places.latest}/"))

    names = sorted(server.database.list_collection_names())
    assert sorted(target.list_collection_names()) == names
    assert skipped == ["manifest.json"]
    assert restored == sum(server.database[name].count_documents({}) for name in names)
    assert target.command("dbHash")["collections"] == server.database.command("dbHash")["collections"]
    for name in names:
        assert target[name].index_information() == server.database[name].index_information()
    assert target["families"].count_documents({}) == 2
    assert target["users"].count_documents({}) == 2


@pytest.mark.long
def test_every_type_of_value_comes_back_as_it_was(places: Places, server: Server, target: Any) -> None:
    values = {
        "_id": bson.ObjectId(),
        "long": bson.Int64(7),
        "int": 7,
        "double": 7.0,
        "nothing": None,
        "bytes": b"\x00\xff",
        "decimal": bson.Decimal128("1.10"),
        "moment": bson.datetime_ms.DatetimeMS(1),
        "list": [{"of": ["more"]}],
        "pattern": bson.Regex("^a", "i"),
        "stamp": bson.Timestamp(1, 2),
        "ä.b": "ü",
    }
    collection("left_by_hand").insert(values)
    run("backup")

    mongorestore(server, places.latest)

    written, came_back = (
        database["left_by_hand"].with_options(codec_options=loaded_as_they_are()).find_one()
        for database in (server.database, target)
    )
    assert isinstance(written, RawBSONDocument)
    assert isinstance(came_back, RawBSONDocument)
    assert came_back.raw == written.raw
    server.database.drop_collection("left_by_hand")
