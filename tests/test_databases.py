"""The databases that tests get are real, empty and their own."""

import pytest
import sqlalchemy as sa


@pytest.mark.parametrize("turn", [1, 2, 3, 4, 5])
def test_every_test_has_an_empty_database_of_its_own(database_url: str, turn: int) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mark (turn integer)"))
        connection.execute(sa.text("INSERT INTO mark VALUES (:turn)"), {"turn": turn})
        assert connection.execute(sa.text("SELECT turn FROM mark")).scalars().all() == [turn]
    engine.dispose()
