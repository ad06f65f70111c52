"""Stations and the keys that speak for them."""

import uuid
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from backend.commands.starting import opened
from backend.core.errors import NotFound
from backend.stations import service
from backend.stations.models import INTERVALS, KINDS, Station, StationKey
from backend.stations.rules import UNITS
from geo.crs import DATUMS, to_wgs84

INTERVAL = click.Choice([str(minutes) for minutes in INTERVALS])


@click.group()
def stations() -> None:
    """Stations and the keys that speak for them."""


@stations.command()
@click.option("--code", required=True, help="unique, as the station names itself")
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--lon", required=True, type=float)
@click.option("--lat", required=True, type=float)
@click.option("--datum", required=True, type=click.Choice(sorted(DATUMS)))
@click.option("--pollutant", "pollutants", required=True, multiple=True, type=click.Choice(sorted(UNITS)))
@click.option("--interval", type=INTERVAL, default="60", help="minutes between two readings")
def add(
    code: str, name: str, kind: str, lon: float, lat: float, datum: str, pollutants: tuple[str, ...], interval: str
) -> None:
    """Add a station; its grid follows from its place."""
    app, place = opened(signs=False), to_wgs84(lon, lat, datum)
    with app.app_context(), app.database.transaction() as session:
        path = service.grid_path_at(session, place)
        service.add_station(
            session,
            code=code,
            name=name,
            kind=kind,
            grid_path=path,
            place=place,
            pollutants=pollutants,
            interval_minutes=int(interval),
        )
    click.echo(f"added {code} in {path.rsplit('/', 1)[-1]}")


@stations.command()
@click.argument("code")
@click.option("--name")
@click.option("--kind", type=click.Choice(KINDS))
@click.option("--pollutant", "pollutants", multiple=True, type=click.Choice(sorted(UNITS)), help="all of them anew")
@click.option("--interval", "interval_minutes", type=INTERVAL, help="minutes between two readings")
@click.option("--in-service/--retired", default=None, help="a retired station keeps its history")
def change(code: str, pollutants: tuple[str, ...], interval_minutes: str | None, **given: Any) -> None:
    """Change what is given of the station CODE."""
    changes = {name: value for name, value in given.items() if value is not None}
    if pollutants:
        changes["pollutants"] = list(pollutants)
    if interval_minutes:
        changes["interval_minutes"] = int(interval_minutes)
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        service.change_station(session, service.station_coded(session, code), changes)
    click.echo(f"changed {code}: {', '.join(sorted(changes)) or 'nothing'}")


@stations.command("list")
def list_() -> None:
    """Every station: code, kind, grid, whether it is in service, name."""
    app = opened(signs=False)
    with app.database.transaction(write=False) as session:
        for one in session.scalars(select(Station).order_by(Station.code)):
            state = "in service" if one.in_service else "retired"
            click.echo(f"{one.code}\t{one.kind}\t{one.grid}\t{state}\t{one.name}")


@stations.command()
@click.argument("name")
@click.argument("codes", nargs=-1, required=True)
def key(name: str, codes: tuple[str, ...]) -> None:
    """Issue a key NAME for the stations CODES. It is shown once, here, and kept nowhere."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        secret = service.issue_key(session, name, service.stations_coded(session, codes))
    click.echo(secret)


@stations.command()
def keys() -> None:
    """Every key: id, whether it is revoked, stations, name."""
    app, wanted = opened(signs=False), select(StationKey).options(selectinload(StationKey.stations))
    with app.database.transaction(write=False) as session:
        for one in session.scalars(wanted.order_by(StationKey.id)):
            state = "revoked" if one.revoked_at else "valid"
            click.echo(f"{one.id}\t{state}\t{' '.join(sorted(each.code for each in one.stations))}\t{one.name}")


@stations.command()
@click.argument("key_id", type=click.UUID)
def revoke(key_id: uuid.UUID) -> None:
    """Let the key KEY_ID open nothing any more."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        found = session.get(StationKey, key_id, with_for_update=True)
        if found is None:
            raise NotFound(f"no key {key_id}")
        service.revoke_key(session, found)
    click.echo(f"revoked {key_id}")
