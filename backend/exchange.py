"""Synchronisation and uploads of this application: the sync library, given the catalog and everything else it needs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from backend.alarms.delivery import record_delivery
from backend.auth import guard
from backend.auth.upgrades import refuse_outdated
from backend.catalog import CATALOG, TABLES, on_picture_claimed, on_pictures, scope_of
from backend.core import clock
from backend.core.api import Api, Blueprint
from backend.core.clock_watch import ClockWatch
from backend.core.edge import Application, application
from backend.core.jobs import Job
from backend.core.metrics import Figure
from backend.evidence import retiring, room, shelf
from backend.evidence.arrivals import ExaminingStore
from backend.evidence.models import PhotoPromise
from backend.evidence.possession import UPLOAD_TABLES
from backend.evidence.service import awaited_pictures
from backend.grids import publishing
from sync.api import Sync
from sync.catalog import Device
from sync.standings import Owner, Standing
from sync.tus import uploads_blueprint
from sync.upload_endings import Stored
from sync.upload_expiry import Expiry
from sync.upload_limits import Share
from sync.uploads import Uploads

LEFTOVER = timedelta(days=1)
"""No write to the store takes this long."""


def install(app: Application) -> None:
    """Make the application's Sync and Uploads."""
    settings, expiry = app.settings, _expiry(app)
    sync = Sync(
        TABLES,
        transaction=app.database.transaction,
        glance=app.database.glance,
        clock=clock.now,
        catalog=CATALOG,
        keys=[key.encode() for key in settings.anchor_keys],
        current_device=_phone,
        trusted=ClockWatch(app.database).agrees,
        zone=settings.zone,
        on_new_life=partial(_after_a_restore, expiry),
    )
    sync.listen(app.database.sessions)
    app.next_sequence, app.new_generation = sync.next_sequence, sync.new_generation
    app.work_on = work_on
    app.extensions["xunge.sync"] = sync
    app.extensions["xunge.uploads"] = _uploads(app)
    app.extensions["xunge.expiry"] = expiry


def _phone() -> Device:
    """The phone that is asking. Raises UpgradeRequired where its app is too old for what it would pull."""
    phone = guard.phone()
    if request.method == "GET" and not phone.handover:
        refuse_outdated(phone.app_version, application().settings, clock.now())
    return replace(phone, scope=scope_of(phone.person_id, phone.holdings))


def _uploads(app: Application) -> Uploads:
    kept, settings = app.extensions["xunge.store"], app.settings

    def on_stored(session: Session, stored: Sequence[Stored]) -> None:
        on_pictures(session, {(each.device.id, each.said.sha256): each.said for each in stored})

    return Uploads(
        UPLOAD_TABLES,
        app.database.transaction,
        app.database.glance,
        ExaminingStore(kept, partial(retiring.life_of, app.database)),
        on_stored,
        clock.now,
        share=Share(UPLOAD_TABLES, sa.select(PhotoPromise.sha256), settings.upload_quota_mb * room.MIB),
        free=room.free(kept, settings.data, settings.disk_reserve_mb),
        on_claimed=lambda session, device, sha256: on_picture_claimed(session, (device.id, sha256)),
    )


def _expiry(app: Application) -> Expiry:
    ways, kept = (app.database.transaction, app.database.glance), app.extensions["xunge.store"]
    return Expiry(UPLOAD_TABLES, *ways, kept, clock.now, on_forgotten=retiring.retire)


def _after_a_restore(expiry: Expiry, session: Session) -> None:
    """Before anybody can promise a picture of which the backup only says that it is here: uploads that are over by now
    may have been taken away since, from a store that lives on. And before anybody publishes boundaries."""
    while expiry.forget(session):
        pass
    publishing.pass_over_numbers(session)


def sync_of(app: Flask) -> Sync:
    return cast(Sync, app.extensions["xunge.sync"])


def sync_here() -> Sync:
    """The Sync of the application that serves this request, job or command."""
    return sync_of(current_app)


def work_on(session: Session, owners: Sequence[Owner]) -> list[dict[str, Any]]:
    """How the work of each (device, person) stands, in the same order; three statements however many they are."""
    found = sync_here().standings(session, owners)
    pictures = awaited_pictures(session, {device_id for device_id, _ in owners})
    return [_work(found.get(owner, Standing()), pictures.get(owner[0], 0)) for owner in owners]


def _work(standing: Standing, pictures: int) -> dict[str, Any]:
    missing = [{"from": first, "to": last} for first, last in standing.missing]
    return {
        "received_up_to": standing.received_up_to,
        "head": standing.head,
        "still_on_phone": standing.still_on_phone,
        "missing": missing,
        "awaited_photos": pictures,
        "last_push_at": standing.last_push_at,
    }


def forget_left_scopes(session: Session) -> int:
    """Old news of scopes that were left; cursors that would need them reset."""
    return sync_here().purge(session)


def expire_uploads() -> int:
    """Uploads that nobody went on with for a week, and bytes that no record promised; what those left who died."""
    expiry: Expiry = current_app.extensions["xunge.expiry"]
    left_behind = shelf.store().discard_incoming(clock.now() - LEFTOVER)
    return left_behind + expiry.expire() + expiry.sweep() + retiring.take_away(application().database, shelf.store())


def retry() -> int:
    """Work that waited for a record which came by another way than a push, or that a process which died left behind."""
    return sync_here().retry()


def _feed_lag(session: Session) -> dict[str, float]:
    return {"sync": sync_here().feed_lag(session)}


def _waiting(session: Session) -> dict[str, int]:
    return sync_here().waiting(session)


FIGURES = (
    Figure("xunge_feed_lag_seconds", "How long an open transaction has been holding news back", "feed", _feed_lag),
    Figure("xunge_operations_waiting", "Operations received and not applied", "status", _waiting),
    Figure("xunge_free_bytes", "What is left on the disks of store and data folder", "place", room.figure),
)

JOBS = (
    Job("sync.purge", timedelta(days=1), forget_left_scopes),
    Job("sync.retry", timedelta(minutes=1), then=retry),
    Job("uploads.expire", timedelta(hours=1), then=expire_uploads),
)


def register(app: Application, api: Api) -> None:
    """Put the routes of both into the application. tus is a protocol of its own: it is not in the OpenAPI document."""
    pull_and_push = sync_of(app).blueprint(Blueprint)
    pull_and_push.after_request(_note_deliveries)
    api.register_blueprint(pull_and_push, url_prefix="/api/v1/sync")
    tus = uploads_blueprint(app.extensions["xunge.uploads"], guard.phone)
    app.register_blueprint(tus, url_prefix="/api/v1/uploads")


def _note_deliveries(response: Response) -> Response:
    """Ordered alarms that leave with this answer start the county's clock, once, if a duty post reads them (CJ-3)."""
    shown = g.pop("alarms_shown", [])
    if shown and response.status_code == 200:
        with application().database.transaction() as session:
            record_delivery(session, guard.bearer_claims().person_id, shown, clock.now())
    return response
