"""The first tables

Revision: 0001
Follows:
"""

import sqlalchemy as sa
from alembic import op

from backend.core import append_only
from backend.core.database import Json, UtcDateTime
from backend.core.geometry import Geometry
from sync.types import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_entries_subject", ["subject_kind", "subject_id"], unique=False)

    op.create_table(
        "demo_steps",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_demo_steps")),
    )
    op.create_table(
        "forms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("source_kinds", Json(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forms")),
    )
    op.create_table(
        "grid_bundles",
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("county", "version", name=op.f("pk_grid_bundles")),
    )
    op.create_table(
        "grid_revisions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_from", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_grid_revisions")),
    )
    with op.batch_alter_table("grid_revisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grid_revisions_effective_from"), ["effective_from"], unique=False)

    op.create_table(
        "grids",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("division_code", sa.String(), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("in_duty", sa.Boolean(), nullable=False),
        sa.Column("bundle_county", sa.String(), nullable=True),
        sa.Column("bundle_version", sa.Integer(), nullable=True),
        sa.Column("min_lon", sa.Double(), nullable=False),
        sa.Column("min_lat", sa.Double(), nullable=False),
        sa.Column("max_lon", sa.Double(), nullable=False),
        sa.Column("max_lat", sa.Double(), nullable=False),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grids")),
        sa.UniqueConstraint("code", name=op.f("uq_grids_code")),
    )
    with op.batch_alter_table("grids", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grids_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_grids_parent"), ["parent"], unique=False)
        batch_op.create_index(batch_op.f("ix_grids_tier"), ["tier"], unique=False)

    op.create_table(
        "job_slots",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_slots")),
    )
    with op.batch_alter_table("job_slots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_slots_due_at"), ["due_at"], unique=False)

    op.create_table(
        "persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("phone", name=op.f("uq_persons_phone")),
    )
    op.create_table(
        "photo_promises",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("taken_at", sa.String(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.String(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("grid_path", sa.String(), nullable=True),
        sa.Column("promised_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_promises")),
        sa.UniqueConstraint("operation_id", "sha256", name=op.f("uq_photo_promises_operation_id_sha256")),
    )
    with op.batch_alter_table("photo_promises", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photo_promises_device_id"), ["device_id"], unique=False)
        batch_op.create_index("ix_photo_promises_record", ["collection", "record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_photo_promises_sha256"), ["sha256"], unique=False)

    op.create_table(
        "photos",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.Column("thumb", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("dhash", sa.String(), nullable=True),
        sa.Column("taken_at", sa.String(), nullable=True),
        sa.Column("exif", Json(), nullable=True),
        sa.Column("findings", Json(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_photos")),
    )
    op.create_table(
        "problem_counters",
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("county", "year", name=op.f("pk_problem_counters")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_failures_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_failures_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_failures_at"), ["at"], unique=False)

    op.create_table(
        "sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("key", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("details", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sources_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_sources_kind"), ["kind"], unique=False)

    op.create_table(
        "station_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_station_keys_digest")),
    )
    op.create_table(
        "stations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("pollutants", Json(), nullable=False),
        sa.Column("in_service", sa.Boolean(), nullable=False),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("code", name=op.f("uq_stations_code")),
    )
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stations_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_stations_kind"), ["kind"], unique=False)

    op.create_table(
        "sync_body",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the operation as it came, JSON"),
        sa.Column("result", sa.LargeBinary(), nullable=True, comment="the answer, JSON, replayed byte for byte"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sync_body")),
        comment="Apart from the keys, so that old bodies can be archived",
    )
    op.create_table(
        "sync_device",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("received_up_to", sa.BigInteger(), nullable=False, comment="all of 1…n are here"),
        sa.Column("highest", sa.BigInteger(), nullable=False, comment="highest sequence here"),
        sa.Column("head", sa.BigInteger(), nullable=False, comment="highest sequence said to be made"),
        sa.Column("last_push_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "person_id", name=op.f("pk_sync_device")),
        comment="How far each person's work on each device is here; its row serialises the device's pushes",
    )
    op.create_table(
        "sync_feed",
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("scope_key", sa.String(length=128), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False, comment="the last writer's transaction"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "removed", sa.String(length=16), nullable=True, comment="null while in scope; else out_of_scope or deleted"
        ),
        sa.Column("written_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "record_id", "scope_key", name=op.f("pk_sync_feed")),
        comment="The newest state of every record under every key it is or was visible by",
    )
    with op.batch_alter_table("sync_feed", schema=None) as batch_op:
        batch_op.create_index("ix_sync_feed_news", ["scope_key", "stamp"], unique=False)
        batch_op.create_index("ix_sync_feed_snapshot", ["scope_key", "collection", "record_id"], unique=False)

    op.create_table(
        "sync_feed_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_feed_clock")),
        comment="SQLite only: one row, raised by every transaction that writes the feed",
    )
    op.create_table(
        "sync_generation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_generation")),
        comment="One row: the life of this database since the last restore",
    )
    op.create_table(
        "sync_head",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False, comment="the first contact that named it"),
        sa.PrimaryKeyConstraint("device_id", "person_id", "sequence", "hash", name=op.f("pk_sync_head")),
        comment="What each device said it had made, and when it first said so",
    )
    op.create_table(
        "sync_need",
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False, comment="the deferred operation"),
        sa.PrimaryKeyConstraint("collection", "record_id", "key", name=op.f("pk_sync_need")),
    )
    op.create_table(
        "sync_operation",
        sa.Column("key", sa.Uuid(), nullable=False, comment="the operation's id; for strays made from their hash"),
        sa.Column("stray", sa.Boolean(), nullable=False, comment="no usable id, another's work, or an id used twice"),
        sa.Column("operation_id", sa.Uuid(), nullable=True, comment="the id it claimed"),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False, comment="who was signed in"),
        sa.Column("person_id", sa.Uuid(), nullable=True, comment="who made it (`by`)"),
        sa.Column("type", sa.String(length=64), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=True),
        sa.Column("made_at", Instant(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column(
            "status", sa.String(length=16), nullable=False, comment="received, applied, conflict, deferred, rejected"
        ),
        sa.Column("code", sa.String(length=64), nullable=True, comment="of the problem"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handover", sa.Boolean(), nullable=False, comment="came from a revoked device"),
        sa.Column("app_version", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sync_operation")),
        comment="The inbox: everything received, and what became of it",
    )
    with op.batch_alter_table("sync_operation", schema=None) as batch_op:
        batch_op.create_index("ix_sync_operation_sequence", ["device_id", "person_id", "sequence"], unique=False)
        batch_op.create_index("ix_sync_operation_status", ["status", "received_at"], unique=False)

    op.create_table(
        "sync_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=127), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_upload")),
        sa.UniqueConstraint("device_id", "sha256", name=op.f("uq_sync_upload_device_id_sha256")),
    )
    with op.batch_alter_table("sync_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sync_upload_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "sync_upload_part",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "start", name=op.f("pk_sync_upload_part")),
    )
    op.create_table(
        "tracks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("interval", Json(), nullable=True),
        sa.Column("position", Json(), nullable=True),
        sa.Column("findings", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracks")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("pollutant", sa.String(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ordered_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("instruction_id", sa.Uuid(), nullable=True),
        sa.Column("instruction_person_id", sa.Uuid(), nullable=True),
        sa.Column("instruction_by", sa.Uuid(), nullable=True),
        sa.Column("instruction_at", UtcDateTime(), nullable=True),
        sa.Column("instruction_note", sa.String(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("wake_at", UtcDateTime(), nullable=True),
        sa.Column("open_key", sa.String(), nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_alarms_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        sa.UniqueConstraint("open_key", name=op.f("uq_alarms_open_key")),
    )
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alarms_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_instruction_person_id"), ["instruction_person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_raised_at"), ["raised_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_station_id"), ["station_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_wake_at"), ["wake_at"], unique=False)

    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("app_version", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_devices_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_devices_person_id"), ["person_id"], unique=False)

    op.create_table(
        "form_editions",
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name=op.f("fk_form_editions_form_id_forms")),
        sa.PrimaryKeyConstraint("form_id", "edition", name=op.f("pk_form_editions")),
    )
    op.create_table(
        "grid_boundaries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("division_code", sa.String(), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("in_duty", sa.Boolean(), nullable=False),
        sa.Column("geometry", Geometry(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_grid_boundaries_grid_id_grids")),
        sa.ForeignKeyConstraint(
            ["revision"], ["grid_revisions.number"], name=op.f("fk_grid_boundaries_revision_grid_revisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_boundaries")),
    )
    with op.batch_alter_table("grid_boundaries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grid_boundaries_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_grid_boundaries_grid_id"), ["grid_id"], unique=False)
        batch_op.create_index("ix_grid_boundaries_validity", ["valid_from", "valid_to"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("subject_collection", sa.String(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_notices_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_person", ["person_id", "id"], unique=False)

    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("full_time", sa.Boolean(), nullable=False),
        sa.Column("grid_code", sa.String(), nullable=False),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.Column("grid_name", sa.String(), nullable=False),
        sa.Column("grid_tier", sa.Integer(), nullable=True),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_posts_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posts_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index("ix_posts_grid_role", ["grid_code", "role"], unique=False)
        batch_op.create_index(batch_op.f("ix_posts_person_id"), ["person_id"], unique=False)

    op.create_table(
        "problems",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("class", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("stopped", sa.Boolean(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("findings", Json(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=False),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.Column("responsible_id", sa.Uuid(), nullable=True),
        sa.Column("responsible_path", sa.String(), nullable=True),
        sa.Column("responsible_unit", sa.String(), nullable=True),
        sa.Column("plan", Json(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("registered_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("finished_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("struck_off_at", UtcDateTime(), nullable=True),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["reporter_id"], ["persons.id"], name=op.f("fk_problems_reporter_id_persons")),
        sa.ForeignKeyConstraint(["responsible_id"], ["persons.id"], name=op.f("fk_problems_responsible_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
        sa.UniqueConstraint("number", name=op.f("uq_problems_number")),
    )
    with op.batch_alter_table("problems", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problems_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_problems_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_problems_reporter_id"), ["reporter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problems_responsible_id"), ["responsible_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problems_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problems_state"), ["state"], unique=False)

    op.create_table(
        "readings",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("pollutant", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_readings_station_id_stations")),
        sa.PrimaryKeyConstraint("station_id", "pollutant", "at", name=op.f("pk_readings")),
    )
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.create_index("ix_readings_at", ["at"], unique=False)

    op.create_table(
        "readings_quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["station_keys.id"], name=op.f("fk_readings_quarantine_key_id_station_keys")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_readings_quarantine_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings_quarantine")),
    )
    with op.batch_alter_table("readings_quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_readings_quarantine_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_readings_quarantine_station_id"), ["station_id"], unique=False)

    op.create_table(
        "source_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("interval", Json(), nullable=True),
        sa.Column("position", Json(), nullable=True),
        sa.Column("findings", Json(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_proposals_source_id_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_proposals")),
    )
    with op.batch_alter_table("source_proposals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_proposals_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_source_proposals_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_source_proposals_state"), ["state"], unique=False)

    op.create_table(
        "station_key_stations",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["station_keys.id"], name=op.f("fk_station_key_stations_key_id_station_keys")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_station_key_stations_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("key_id", "station_id", name=op.f("pk_station_key_stations")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=True),
        sa.Column("form_edition", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_by_operation", sa.Uuid(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["assignee_id"], ["persons.id"], name=op.f("fk_tasks_assignee_id_persons")),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name=op.f("fk_tasks_form_id_forms")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_tasks_source_id_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("source_id", "day", "number", name=op.f("uq_tasks_source_id_day_number")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tasks_assignee_id"), ["assignee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tasks_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index("ix_tasks_state_day", ["state", "day"], unique=False)

    op.create_table(
        "alarm_escalation_steps",
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("roles", Json(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_escalation_steps_alarm_id_alarms")),
        sa.PrimaryKeyConstraint("alarm_id", "clock", "minutes", name=op.f("pk_alarm_escalation_steps")),
    )
    op.create_table(
        "alarm_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("interval", Json(), nullable=True),
        sa.Column("position", Json(), nullable=True),
        sa.Column("findings", Json(), nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_events_alarm_id_alarms")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_events")),
        sa.UniqueConstraint("alarm_id", "number", name=op.f("uq_alarm_events_alarm_id_number")),
    )
    op.create_table(
        "problem_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("interval", Json(), nullable=True),
        sa.Column("position", Json(), nullable=True),
        sa.Column("findings", Json(), nullable=True),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], name=op.f("fk_problem_events_problem_id_problems")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_events")),
        sa.UniqueConstraint("problem_id", "sequence", name=op.f("uq_problem_events_problem_id_sequence")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_refresh_tokens_device_id_devices")),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["refresh_tokens.id"],
            name=op.f("fk_refresh_tokens_parent_id_refresh_tokens"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_refresh_tokens_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_refresh_tokens_digest")),
    )
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_tokens_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refresh_tokens_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "task_completions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("interval", Json(), nullable=True),
        sa.Column("position", Json(), nullable=True),
        sa.Column("findings", Json(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_task_completions_task_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_completions")),
    )
    with op.batch_alter_table("task_completions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_completions_task_id"), ["task_id"], unique=False)

    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("form_id", sa.Uuid(), nullable=True),
        sa.Column("form_edition", sa.Integer(), nullable=True),
        sa.Column("answers", Json(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("interval", Json(), nullable=True),
        sa.Column("position", Json(), nullable=True),
        sa.Column("findings", Json(), nullable=True),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name=op.f("fk_visits_form_id_forms")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_visits_source_id_sources")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_visits_task_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visits_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visits_finding"), ["finding"], unique=False)
        batch_op.create_index(batch_op.f("ix_visits_grid_path"), ["grid_path"], unique=False)
        batch_op.create_index(batch_op.f("ix_visits_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visits_task_id"), ["task_id"], unique=False)

    for table in ("audit_entries", "alarm_events", "problem_events"):
        for statement in append_only.statements(op.get_bind().dialect.name, table):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visits_task_id"))
        batch_op.drop_index(batch_op.f("ix_visits_source_id"))
        batch_op.drop_index(batch_op.f("ix_visits_grid_path"))
        batch_op.drop_index(batch_op.f("ix_visits_finding"))
        batch_op.drop_index(batch_op.f("ix_visits_at"))

    op.drop_table("visits")
    with op.batch_alter_table("task_completions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_completions_task_id"))

    op.drop_table("task_completions")
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_parent_id"))
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_device_id"))

    op.drop_table("refresh_tokens")
    op.drop_table("problem_events")
    op.drop_table("alarm_events")
    op.drop_table("alarm_escalation_steps")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_tasks_state_day")
        batch_op.drop_index(batch_op.f("ix_tasks_grid_path"))
        batch_op.drop_index(batch_op.f("ix_tasks_assignee_id"))

    op.drop_table("tasks")
    op.drop_table("station_key_stations")
    with op.batch_alter_table("source_proposals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_source_proposals_state"))
        batch_op.drop_index(batch_op.f("ix_source_proposals_source_id"))
        batch_op.drop_index(batch_op.f("ix_source_proposals_grid_path"))

    op.drop_table("source_proposals")
    with op.batch_alter_table("readings_quarantine", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readings_quarantine_station_id"))
        batch_op.drop_index(batch_op.f("ix_readings_quarantine_received_at"))

    op.drop_table("readings_quarantine")
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.drop_index("ix_readings_at")

    op.drop_table("readings")
    with op.batch_alter_table("problems", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_problems_state"))
        batch_op.drop_index(batch_op.f("ix_problems_source_id"))
        batch_op.drop_index(batch_op.f("ix_problems_responsible_id"))
        batch_op.drop_index(batch_op.f("ix_problems_reporter_id"))
        batch_op.drop_index(batch_op.f("ix_problems_grid_path"))
        batch_op.drop_index(batch_op.f("ix_problems_due_at"))

    op.drop_table("problems")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posts_person_id"))
        batch_op.drop_index("ix_posts_grid_role")
        batch_op.drop_index(batch_op.f("ix_posts_grid_path"))

    op.drop_table("posts")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index("ix_notices_person")

    op.drop_table("notices")
    with op.batch_alter_table("grid_boundaries", schema=None) as batch_op:
        batch_op.drop_index("ix_grid_boundaries_validity")
        batch_op.drop_index(batch_op.f("ix_grid_boundaries_grid_id"))
        batch_op.drop_index(batch_op.f("ix_grid_boundaries_code"))

    op.drop_table("grid_boundaries")
    op.drop_table("form_editions")
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_devices_person_id"))

    op.drop_table("devices")
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alarms_wake_at"))
        batch_op.drop_index(batch_op.f("ix_alarms_station_id"))
        batch_op.drop_index(batch_op.f("ix_alarms_state"))
        batch_op.drop_index(batch_op.f("ix_alarms_raised_at"))
        batch_op.drop_index(batch_op.f("ix_alarms_instruction_person_id"))
        batch_op.drop_index(batch_op.f("ix_alarms_grid_path"))
        batch_op.drop_index(batch_op.f("ix_alarms_due_at"))

    op.drop_table("alarms")
    op.drop_table("tracks")
    op.drop_table("sync_upload_part")
    with op.batch_alter_table("sync_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sync_upload_expires_at"))

    op.drop_table("sync_upload")
    with op.batch_alter_table("sync_operation", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_operation_status")
        batch_op.drop_index("ix_sync_operation_sequence")

    op.drop_table("sync_operation")
    op.drop_table("sync_need")
    op.drop_table("sync_head")
    op.drop_table("sync_generation")
    op.drop_table("sync_feed_clock")
    with op.batch_alter_table("sync_feed", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_feed_snapshot")
        batch_op.drop_index("ix_sync_feed_news")

    op.drop_table("sync_feed")
    op.drop_table("sync_device")
    op.drop_table("sync_body")
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stations_kind"))
        batch_op.drop_index(batch_op.f("ix_stations_grid_path"))

    op.drop_table("stations")
    op.drop_table("station_keys")
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sources_kind"))
        batch_op.drop_index(batch_op.f("ix_sources_grid_path"))

    op.drop_table("sources")
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_failures_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_failures_address"))
        batch_op.drop_index(batch_op.f("ix_sign_in_failures_account"))

    op.drop_table("sign_in_failures")
    op.drop_table("problem_counters")
    op.drop_table("photos")
    with op.batch_alter_table("photo_promises", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_photo_promises_sha256"))
        batch_op.drop_index("ix_photo_promises_record")
        batch_op.drop_index(batch_op.f("ix_photo_promises_device_id"))

    op.drop_table("photo_promises")
    op.drop_table("persons")
    with op.batch_alter_table("job_slots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_slots_due_at"))

    op.drop_table("job_slots")
    with op.batch_alter_table("grids", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grids_tier"))
        batch_op.drop_index(batch_op.f("ix_grids_parent"))
        batch_op.drop_index(batch_op.f("ix_grids_grid_path"))

    op.drop_table("grids")
    with op.batch_alter_table("grid_revisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grid_revisions_effective_from"))

    op.drop_table("grid_revisions")
    op.drop_table("grid_bundles")
    op.drop_table("forms")
    op.drop_table("demo_steps")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_subject")
        batch_op.drop_index(batch_op.f("ix_audit_entries_at"))

    op.drop_table("audit_entries")
