"""Alembic's environment: one history for SQLite and PostgreSQL."""

from alembic import context
from sqlalchemy import Engine

from backend import tables
from backend.core.geometry import refuse_without_postgis
from backend.migrations.comparison import compare_type, include_object, render_item


def run() -> None:
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        refuse_without_postgis(connection)
        context.configure(
            connection=connection,
            target_metadata=tables.metadata,
            include_object=include_object,
            compare_type=compare_type,
            render_item=render_item,
            render_as_batch=engine.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
