"""Which PostgreSQL a database lives in: it gives the stamps, and a restored one is another."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

ASKS = ("pg_control_system()", "pg_current_wal_lsn()", "pg_walfile_name(pg_lsn)")
"""Functions that any role may call, unless an administrator took them away."""

NAME = sa.text("""
    SELECT concat_ws(' ', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
                     (SELECT oid FROM pg_database WHERE datname = current_database()))
    FROM pg_control_system()
""")


def cluster_of(session: Session) -> str | None:
    """System identifier, timeline and the database's own number, as one text. None where nothing can be known.

    The identifier is new in another cluster, the timeline after a recovery to a point in time or to a replica, the
    number in a database created anew in the same cluster. A file of SQLite looks like its copies.
    """
    if session.get_bind().dialect.name != "postgresql":
        return None
    allowed = [sa.func.has_function_privilege(asked, "execute") for asked in ASKS]
    if not session.scalar(sa.select(sa.and_(*allowed))):
        return None
    name: str | None = session.scalar(NAME)
    return name
