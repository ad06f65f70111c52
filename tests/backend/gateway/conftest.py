"""The station that speaks HJ 212."""

import pytest

from backend.core.edge import Application
from tests.backend.gateway import world


@pytest.fixture
def station(app: Application) -> world.World:
    return world.build(app)
