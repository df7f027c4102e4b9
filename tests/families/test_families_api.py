"""Families through HTTP. Source: HTTP contract, section 4."""

from http import HTTPStatus

from tests.api import Api
from tests.factories import Person


def test_a_founder_sees_their_family_again(person: Person) -> None:
    created = Api(person).post("/family/create", {"name": "Larks"})
    mine = Api(person).get("/family/my-families")

    assert created.status == HTTPStatus.CREATED
    assert [family["family_id"] for family in mine.json] == [created.json["family_id"]]
