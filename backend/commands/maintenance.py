"""Maintenance windows of stations."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from backend.commands.starting import opened
from backend.stations import maintenance as windows
from backend.stations import service
from backend.stations.models import Station, Window


@click.group()
def maintenance() -> None:
    """Maintenance windows of stations. Times without an offset are local."""


BEGINS = click.option("--from", "begins", required=True, help="say 2026-11-23T09:00")
ENDS = click.option("--to", "ends", required=True, help="not included")
REASON = click.option("--reason", required=True)


def _span(begins: str, ends: str, zone: ZoneInfo) -> windows.Span:
    try:
        start, end = (_instant(said, zone) for said in (begins, ends))
    except ValueError as error:
        raise click.ClickException(f"no time such as 2026-11-23T09:00: {error}") from None
    if end <= start:
        raise click.ClickException("--to must be later than --from")
    return start, end


def _instant(said: str, zone: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(said)
    return at if at.tzinfo else at.replace(tzinfo=zone)


@maintenance.command()
@click.argument("code")
@BEGINS
@ENDS
@REASON
def plan(code: str, begins: str, ends: str, reason: str) -> None:
    """Plan maintenance of the station CODE: what it measures meanwhile opens no alarm and counts for no mean."""
    app = opened(signs=False)
    span = _span(begins, ends, app.settings.zone)
    with app.app_context(), app.database.transaction() as session:
        window = windows.plan(session, service.station_coded(session, code).id, span, reason)
    click.echo(f"planned {window.id}")


@maintenance.command()
@click.argument("window_id", type=click.UUID)
@BEGINS
@ENDS
@REASON
def change(window_id: uuid.UUID, begins: str, ends: str, reason: str) -> None:
    """Move a window, or say anew why."""
    app = opened(signs=False)
    span = _span(begins, ends, app.settings.zone)
    with app.app_context(), app.database.transaction() as session:
        windows.change(session, windows.held(session, window_id), span, reason)
    click.echo(f"changed {window_id}")


@maintenance.command()
@click.argument("window_id", type=click.UUID)
def lift(window_id: uuid.UUID) -> None:
    """Lift a window: the maintenance did not take place."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        windows.lift(session, windows.held(session, window_id))
    click.echo(f"lifted {window_id}")


@maintenance.command("list")
@click.argument("code", required=False)
def list_(code: str | None) -> None:
    """Every window, or those of the station CODE: id, station, from, to, reason."""
    app = opened(signs=False)
    wanted = select(Window, Station.code).join(Station, Station.id == Window.station_id).order_by(Window.starts_at)
    if code is not None:
        wanted = wanted.where(Station.code == code)
    zone = app.settings.zone
    with app.database.transaction(write=False) as session:
        for window, station in session.execute(wanted):
            begins, ends = (at.astimezone(zone).isoformat() for at in (window.starts_at, window.ends_at))
            click.echo(f"{window.id}\t{station}\t{begins}\t{ends}\t{window.reason}")
