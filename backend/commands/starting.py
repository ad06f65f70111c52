"""What every command begins with: settings that were checked, a data folder that can be written, a known database."""

import os

from backend.app import create_app
from backend.core import migrations, settings
from backend.core.edge import Application


class NotUpToDate(Exception):
    """The database's schema is behind the program's."""


def prepared(*, demo: bool = False, signs: bool = True) -> settings.Settings:
    """The settings, with a data folder that can be written. Commands that sign and verify nothing need no keys."""
    made = settings.from_environment(demo=demo, signs=signs)
    made.data.mkdir(parents=True, exist_ok=True)
    if not os.access(made.data, os.W_OK):
        raise PermissionError(13, "permission denied", str(made.data))
    return made


def opened(*, signs: bool = True) -> Application:
    """The application on a database that is up to date. Raises NotUpToDate, SchemaNewer."""
    app = create_app(prepared(signs=signs))
    migrations.refuse_newer(app.database)
    if not migrations.is_current(app.database):
        raise NotUpToDate("the database is not up to date: run `xunge db upgrade` first")
    return app
