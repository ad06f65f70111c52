"""GET /sync/pull and POST /sync/push. No transaction is open while a body is read."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

import flask
import flask_smorest
import orjson

from sync.anchors import Anchors
from sync.body import parsed, received
from sync.catalog import Catalog, Device, Glance, Transaction
from sync.devices import Head, lock_device, record_head
from sync.errors import PushOnly
from sync.evidence import notable_skew_ms
from sync.pull import NoGeneration, Page, Puller
from sync.push import Pusher
from sync.schemas import HEADERS, PullPage, PullQuery, PushAnswer, PushBody
from sync.tables import SyncTables

PUSH_DOC = {"requestBody": {"required": True, "content": {"application/json": {"schema": PushBody}}}}


class Exchange:
    """What pull and push do for the device that is asking, answered as JSON bytes."""

    def __init__(
        self,
        tables: SyncTables,
        transaction: Transaction,
        glance: Glance,
        catalog: Catalog,
        puller: Puller,
        pusher: Pusher,
        anchors: Anchors,
        clock: Callable[[], datetime],
        zone: tzinfo,
        poll_after_s: int,
        begin_life: Callable[[], str],
    ) -> None:
        """`begin_life` is asked at the very first contact of a new database: it returns the generation."""
        self._tables = tables
        self._transaction = transaction
        self._glance = glance
        self._catalog = catalog
        self._puller = puller
        self._pusher = pusher
        self._anchors = anchors
        self._clock = clock
        self._zone = zone
        self._poll_after_s = poll_after_s
        self._begin_life = begin_life

    def wall_skew_ms(self, wall: str | None) -> int | None:
        """How far the phone's wall clock is ahead, by its header, where it is worth telling: asked when the request
        comes, not when it is done."""
        return notable_skew_ms(wall, self._clock())

    def pull(
        self, asking: Callable[[], Device], cursor: str | None, limit: int, head: Head | None, skew_ms: int | None
    ) -> bytes:
        """One page for whoever is asking. Most pulls have no news and end with a glance. Raises BadCursor, PushOnly."""
        with self._glance() as connection:
            device = asking()
            if device.handover:
                raise PushOnly
            quiet = self._puller.quiet(connection, device, cursor)
        try:
            page, awaited = (quiet, []) if quiet else self._news(device, cursor, limit)
        except NoGeneration:
            self._begin_life()
            page, awaited = self._news(device, cursor, limit)
        if head is not None and head.sequence > (page.head or 0):
            with self._transaction() as session:
                before = lock_device(session, self._tables, device)
                record_head(session, self._tables, device, before, head, self._clock())
        return orjson.dumps(
            _page(page) | {"poll_after_s": self._poll_after_s} | self._contact(device, page.reviewed, awaited, skew_ms)
        )

    def _news(self, device: Device, cursor: str | None, limit: int) -> tuple[Page, list[str]]:
        """Page and awaited photos, from one snapshot of the database."""
        with self._transaction(write=False) as session:
            page = self._puller.page(session, device, cursor, limit)
            return page, self._catalog.awaited_photos(session, device) if page.awaits_photos else []

    def push(self, device: Device, body: bytes, skew_ms: int | None) -> bytes:
        """Takes in the body of a push. Raises BadJson, BadPush, UnknownField, TooManyOperations."""
        answer = self._pusher.push(device, parsed(body))
        done = {
            "results": answer.results,
            "received_up_to": answer.progress.received_up_to,
            "missing": answer.progress.missing,
            "generation": answer.progress.generation or self._begin_life(),
        }
        return orjson.dumps(done | self._contact(device, answer.progress.reviewed, answer.awaited_photos, skew_ms))

    def _contact(self, device: Device, reviewed: int, awaited: list[str], skew_ms: int | None) -> dict[str, Any]:
        now = self._clock().astimezone(self._zone)
        said = {
            "awaited_photos": awaited,
            "anchor": self._anchors.issue(device.id, device.boot),
            "server_time": now.isoformat(timespec="milliseconds"),
        }
        seldom = {"reviewed": reviewed or None, "wall_skew_ms": skew_ms}
        return said | {name: number for name, number in seldom.items() if number is not None}


def _page(page: Page) -> dict[str, Any]:
    return {
        "changes": page.changes,
        "cursor": page.cursor,
        "more": page.more,
        "reset": page.reset,
        "snapshot": page.snapshot,
        "generation": page.generation,
    }


def blueprint(
    exchange: Exchange, current_device: Callable[[], Device], kind: type[flask_smorest.Blueprint]
) -> flask_smorest.Blueprint:
    """A blueprint with the two routes under /sync; the application puts its own prefix before it."""
    blp = kind("sync", __name__, url_prefix="/sync", description="Offline synchronisation")

    def pull(query: dict[str, Any]) -> flask.Response:
        """A snapshot of what this device may see, or what changed since its cursor."""
        skew_ms = exchange.wall_skew_ms(flask.request.headers.get("Xunge-Wall"))
        named = query["head_sequence"] is not None and query["head_hash"] is not None
        head = Head(query["head_sequence"], query["head_hash"].lower()) if named else None
        return _json(exchange.pull(current_device, query["cursor"], query["limit"], head, skew_ms))

    def push() -> flask.Response:
        """Operations made on the phone, in the order they were made. Safe to repeat; may be gzip."""
        device, skew_ms = current_device(), exchange.wall_skew_ms(flask.request.headers.get("Xunge-Wall"))
        return _json(exchange.push(device, received(flask.request), skew_ms))

    # Called, not written with @: flask-smorest has no types.
    page = blp.response(200, PullPage)(pull)
    blp.route("/pull", parameters=HEADERS)(blp.arguments(PullQuery(), location="query")(page))
    blp.route("/push", methods=["POST"], parameters=HEADERS)(blp.doc(**PUSH_DOC)(blp.response(200, PushAnswer)(push)))
    return blp


def _json(body: bytes) -> flask.Response:
    return flask.Response(body, mimetype="application/json")
