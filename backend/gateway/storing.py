"""A group of frames into the database, whatever happens to the database or to one of them."""

from collections.abc import Sequence

import structlog
from sqlalchemy.exc import OperationalError

from backend.core.edge import Application
from backend.gateway import batch, figures
from backend.gateway.batch import FAILED, Outcome, Received

log = structlog.get_logger("gateway")


class Storing:
    """Stores groups; called from one thread. Never raises: what could not be stored has FAILED."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, group: Sequence[Received]) -> list[Outcome]:
        try:
            return self._commit(group)
        except OperationalError as error:  # the database is away or busy: each alone would only take longer
            log.warning("frames not stored", frames=len(group), error=type(error.orig).__name__)
            return [FAILED] * len(group)
        except Exception:
            log.exception("frames not stored together", frames=len(group))
            return [self._alone(piece) for piece in group]

    def _alone(self, piece: Received) -> Outcome:
        """A piece that spoils its group spoils nobody else's; it is kept for a person to look at."""
        try:
            return self._commit([piece])[0]
        except Exception:
            log.exception("frame not stored")
        try:
            self._commit([Received(piece.raw, "server_fault", piece.speaker, piece.peer)])
        except Exception:
            log.exception("frame not even set aside")
        return FAILED

    def _commit(self, group: Sequence[Received]) -> list[Outcome]:
        with figures.COMMITS.time(), self._app.app_context(), self._app.database.transaction() as session:
            return batch.store(session, group)
