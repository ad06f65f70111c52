"""Stations and the keys that speak for them."""

import click
from sqlalchemy import select

from backend.alarms.errors import PlaceOutside
from backend.commands.starting import opened
from backend.core.errors import NotFound
from backend.grids.locating import locate
from backend.stations import service
from backend.stations.models import KINDS, Station
from backend.stations.rules import UNITS
from geo.crs import DATUMS, to_wgs84


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
def add(code: str, name: str, kind: str, lon: float, lat: float, datum: str, pollutants: tuple[str, ...]) -> None:
    """Add a station; its grid follows from its place."""
    app, place = opened(signs=False), to_wgs84(lon, lat, datum)
    with app.app_context(), app.database.transaction() as session:
        if session.scalar(select(Station.id).where(Station.code == code)):
            raise click.ClickException(f"there is a station {code} already")
        path = locate(session, *place).path
        if not path:
            raise PlaceOutside(lon=place[0], lat=place[1])
        service.add_station(
            session, code=code, name=name, kind=kind, grid_path=path, place=place, pollutants=list(pollutants)
        )
    click.echo(f"added {code} in {path.rsplit('/', 1)[-1]}")


@stations.command()
@click.argument("name")
@click.argument("codes", nargs=-1, required=True)
def key(name: str, codes: tuple[str, ...]) -> None:
    """Issue a key NAME for the stations CODES. It is shown once, here, and kept nowhere."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        found = session.scalars(select(Station).where(Station.code.in_(codes))).all()
        if missing := sorted(set(codes) - {station.code for station in found}):
            raise NotFound(f"no station {', '.join(missing)}")
        secret = service.issue_key(session, name, found)
    click.echo(secret)
