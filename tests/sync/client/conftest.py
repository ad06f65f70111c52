"""Aynur's phone, the line it hangs on, and the house at the other end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.client import Client
from tests.sync.client_house import ClientHouse, Interrupted
from tests.sync.house import VILLAGE


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[ClientHouse]:
    house = ClientHouse(database_url, tmp_path)
    yield house
    house.close()


@pytest.fixture
def line(house: ClientHouse) -> Interrupted:
    return Interrupted(house.app)


@pytest.fixture
def aynur(house: ClientHouse, line: Interrupted) -> Client:
    """Signed in, with a first pull behind her."""
    client = house.client("aynur", VILLAGE, line=line)
    client.sign_in("aynur", "aynur")
    client.pull()
    line.asked.clear()
    return client
