"""The application that takes pictures, on both databases."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.sync.uploads_house import House


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    house = House(database_url)
    yield house
    house.engine.dispose()


@pytest.fixture
def client(house: House) -> FlaskClient:
    return house.app().test_client()
