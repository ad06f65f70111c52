"""One history of migrations for both databases, and no drift between it and the models."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from backend import tables
from backend.audit import service as audit
from backend.audit.models import AuditEntry
from backend.auth.models import DeviceUser
from backend.core import append_only, migrations
from backend.core.database import Database
from backend.evidence import service as evidence
from backend.evidence.models import PhotoPromise
from backend.migrations.comparison import compare_type, include_object


@pytest.fixture
def migrated(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    migrations.upgrade(database)
    yield database
    database.close()


def test_the_migrations_make_what_the_models_say(migrated: Database) -> None:
    with migrated.engine.connect() as connection:
        options = {"include_object": include_object, "compare_type": compare_type}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata)
    assert found == []


def test_upgrading_twice_does_no_harm(migrated: Database) -> None:
    migrations.upgrade(migrated)
    assert migrations.is_current(migrated)


def test_what_was_awaited_stays_awaited(database_url: str) -> None:
    database = Database(database_url)
    command.upgrade(migrations.config(database), "0003")
    promise = (
        "INSERT INTO photo_promises (id, operation_id, number, sha256, size, media_type, role, device_id, person_id,"
        " promised_at) VALUES (:id, :id, 0, :sha256, 1, 'image/jpeg', 'scene', :device, :device, '2026-11-23')"
    )
    photo = (
        "INSERT INTO photos (sha256, size, media_type, stored_at, thumb, findings)"
        " VALUES ('here', 1, 'image/jpeg', '2026-11-23', false, '[]')"
    )
    device = uuid.uuid4().hex
    with database.engine.begin() as connection:
        connection.execute(sa.text(photo))
        for sha256 in ("here", "missing"):
            connection.execute(sa.text(promise), {"id": uuid.uuid4().hex, "sha256": sha256, "device": device})
    migrations.upgrade(database)
    with database.transaction(write=False) as session:
        assert evidence.awaited(session, uuid.UUID(device)) == ["missing"]
    database.close()


def test_a_phone_becomes_one_of_theirs_to_whoever_used_it(database_url: str) -> None:
    """Aygul worked on it, Bahar is signed in, Chen signed in last; what is of nobody that we know stays out."""
    database = Database(database_url)
    command.upgrade(migrations.config(database), "0004")
    device, nobody = uuid.uuid4().hex, uuid.uuid4().hex
    people = {name: uuid.uuid4().hex for name in ("Aygul", "Bahar", "Chen")}
    day = "2026-11-23"
    with database.engine.begin() as connection:
        for name, id_ in people.items():
            person = "INSERT INTO persons (id, name, created_at) VALUES (:id, :name, :day)"
            connection.execute(sa.text(person), {"id": id_, "name": name, "day": day})
        phone = (
            "INSERT INTO devices (id, person_id, name, platform, app_version, created_at, last_seen_at)"
            " VALUES (:device, :person, 'p', 'android', '1', :day, :day)"
        )
        connection.execute(sa.text(phone), {"device": device, "person": people["Chen"], "day": day})
        token = (
            "INSERT INTO refresh_tokens (id, digest, device_id, person_id, issued_at, expires_at)"
            " VALUES (:device, 'd', :device, :person, :day, :day)"
        )
        connection.execute(sa.text(token), {"device": device, "person": people["Bahar"], "day": day})
        work = "INSERT INTO sync_device VALUES (:device, :person, 1, 1, 1, NULL)"
        for person in (people["Aygul"], nobody):
            connection.execute(sa.text(work), {"device": device, "person": person})
    migrations.upgrade(database)
    with database.transaction(write=False) as session:
        users = set(session.scalars(sa.select(DeviceUser.person_id)))
    assert users == {uuid.UUID(id_) for id_ in people.values()}
    database.close()


def test_days_for_handing_over_that_have_begun_go_on(database_url: str) -> None:
    database = Database(database_url)
    command.upgrade(migrations.config(database), "0016")
    phone, kept, person = (uuid.uuid4().hex for _ in range(3))
    with database.engine.begin() as connection:
        add = "INSERT INTO persons (id, name, created_at) VALUES (:id, 'Aygul', '2026-11-23')"
        connection.execute(sa.text(add), {"id": person})
        for device, until in ((phone, "2026-11-30 01:00:00.000000"), (kept, None)):
            add = (
                "INSERT INTO devices (id, person_id, name, platform, app_version, created_at, last_seen_at,"
                " handover_until) VALUES (:device, :person, 'p', 'android', '1', '2026-11-23', '2026-11-23', :until)"
            )
            connection.execute(sa.text(add), {"device": device, "person": person, "until": until})
            add = "INSERT INTO device_users VALUES (:device, :person)"
            connection.execute(sa.text(add), {"device": device, "person": person})
    migrations.upgrade(database)
    with database.transaction(write=False) as session:
        until = dict(session.execute(sa.select(DeviceUser.device_id, DeviceUser.handover_until)).all())
    assert until[uuid.UUID(phone)] == datetime(2026, 11, 30, 1, tzinfo=UTC)
    assert until[uuid.UUID(kept)] is None
    database.close()


def test_pictures_that_were_promised_know_their_source(database_url: str) -> None:
    database = Database(database_url)
    command.upgrade(migrations.config(database), "0028")
    mill, proposal, device = (uuid.uuid4().hex for _ in range(3))
    source = (
        "INSERT INTO sources (id, version, name, kind, address, lon, lat, key, state, valid_from, details, created_at,"
        " updated_at, grid_path) VALUES (:id, 1, 'mill', 'industry', '', 87, 44, false, 'active', '2026-11-23', '{}',"
        " '2026-11-23', '2026-11-23', '652300')"
    )
    proposed = (
        "INSERT INTO source_proposals (id, source_id, fields, state, grid_path, received_at)"
        " VALUES (:id, :source, '{}', 'pending', '652300', '2026-11-23')"
    )
    promise = (
        "INSERT INTO photo_promises (id, operation_id, number, sha256, size, media_type, role, device_id, person_id,"
        " promised_at, record_id)"
        " VALUES (:id, :id, 0, :sha256, 1, 'image/jpeg', 'scene', :device, :device, '2026-11-23', :record)"
    )
    with database.engine.begin() as connection:
        connection.execute(sa.text(source), {"id": mill})
        connection.execute(sa.text(proposed), {"id": proposal, "source": mill})
        for sha256, record in (("gate", proposal), ("elsewhere", uuid.uuid4().hex), ("refused", None)):
            facts = {"id": uuid.uuid4().hex, "sha256": sha256, "device": device, "record": record}
            connection.execute(sa.text(promise), facts)
    migrations.upgrade(database)
    with database.transaction(write=False) as session:
        found = dict(session.execute(sa.select(PhotoPromise.sha256, PhotoPromise.source_id)).all())
    assert found == {"gate": uuid.UUID(mill), "elsewhere": None, "refused": None}
    database.close()


def test_a_newer_database_is_refused_in_one_line(migrated: Database) -> None:
    with migrated.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrations.SchemaNewer, match="9999"):
        migrations.upgrade(migrated)


def test_the_audit_trail_cannot_be_changed_or_deleted(migrated: Database) -> None:
    with migrated.transaction() as session:
        audit.record(session, "test", "thing", 1)
    for statement in ("UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), migrated.engine.begin() as connection:
            connection.execute(sa.text(statement))
    with migrated.transaction(write=False) as session:
        assert session.scalars(sa.select(AuditEntry.action)).all() == ["test"]


def test_every_table_that_only_grows_is_guarded(migrated: Database) -> None:
    catalogue = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    if not migrated.sqlite:
        catalogue = "SELECT event_object_table FROM information_schema.triggers"
    with migrated.engine.connect() as connection:
        assert set(connection.scalars(sa.text(catalogue))) == set(append_only.GUARDED)
