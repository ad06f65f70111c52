"""Background work of uploads: what nobody will ever finish does not stay on the disk."""

import os
from datetime import timedelta
from pathlib import Path

from backend import exchange
from backend.core import clock
from backend.core.edge import Application


def test_what_a_writer_that_died_left_behind_goes_after_a_day(
    app: Application, hand: clock.Frozen, tmp_path: Path
) -> None:
    left = tmp_path / "store" / ".incoming" / "half-a-picture"
    left.write_bytes(b"half")
    written = (hand.at - timedelta(hours=23)).timestamp()
    os.utime(left, (written, written))
    with app.app_context():
        assert exchange.expire_uploads() == 0
        assert left.exists()
        hand.move(hours=2)
        assert exchange.expire_uploads() == 1
    assert not left.exists()
