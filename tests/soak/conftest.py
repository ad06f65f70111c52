"""A town to copy, on both databases."""

import pytest

from tests.soak.town import Template, template


@pytest.fixture(scope="module")
def town_template(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Template:
    return template(database_kind, tmp_path_factory.mktemp("towns"))
