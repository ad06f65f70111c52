"""The HJ 212 gateway, and which stations speak it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
import prometheus_client
from sqlalchemy import select

from backend.commands.starting import opened
from backend.core import logs
from backend.core.errors import NotFound
from backend.gateway import server, service
from backend.gateway.models import Hj212Station
from backend.gateway.rules import Limits
from backend.hj212.commands import UPLOADS
from backend.hj212.factors import UNITS
from backend.hj212.segment import may_be
from backend.server import PortTaken
from backend.stations.models import Station

METRICS_HOST = "127.0.0.1"
SERIES = [series.name for series in UPLOADS.values()]


@click.command()
def gateway() -> None:
    """Take readings over HJ 212 (XUNGE_GATEWAY_HOST, XUNGE_GATEWAY_PORT); runs beside `serve`."""
    app = opened(signs=False)
    made = app.settings
    if made.gateway_metrics_port:
        with _said_where("XUNGE_GATEWAY_METRICS_PORT", METRICS_HOST, made.gateway_metrics_port):
            prometheus_client.start_http_server(made.gateway_metrics_port, METRICS_HOST)
    with _said_where("XUNGE_GATEWAY_HOST or XUNGE_GATEWAY_PORT", made.gateway_host, made.gateway_port):
        listening = server.listen(made.gateway_host, made.gateway_port)
    click.echo(f"xunge takes HJ 212 on {made.gateway_host}:{made.gateway_port}")
    logs.configure()
    server.serve(app, listening, Limits(connections=made.gateway_connections))
    app.database.close()


@contextmanager
def _said_where(setting: str, host: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PortTaken(f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}; set {setting}") from error


@click.group()
def hj212() -> None:
    """Which stations may send frames to the gateway."""


@hj212.command()
@click.argument("code")
@click.option("--mn", required=True, help="as the station's logger sends it (MN=…)")
@click.option("--password", prompt=True, hide_input=True, help="as the logger sends it (PW=…); asked for when left out")
@click.option(
    "--units",
    required=True,
    type=click.Choice(sorted(UNITS)),
    help="air: PM2.5 of 35 is sent as 35; milligram: as 0.035; standard (annex B): as 35000, and gases in mg/m3",
)
@click.option("--series", default="realtime", show_default=True, type=click.Choice(SERIES), help="what alarms look at")
def add(code: str, mn: str, password: str, units: str, series: str) -> None:
    """Let the station CODE send frames; said again, it changes password, units and series."""
    if not may_be("MN", mn) or not may_be("PW", password):
        raise click.ClickException("MN has letters, digits, - and _; PW no blank and no semicolon; each 32 at most")
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        station = session.scalar(select(Station).where(Station.code == code))
        if station is None:
            raise NotFound(f"no station {code}")
        entry = session.get(Hj212Station, mn)
        if entry and not entry.closed_at and entry.station_id != station.id:
            raise click.ClickException(f"{mn} sends for {entry.station.code} already: close it first")
        service.admit(session, station, mn=mn, password=password, units=units, series=series)
    click.echo(f"{mn} sends for {code}, {series} in {units} units")


@hj212.command()
@click.argument("mn")
def close(mn: str) -> None:
    """Take no more frames from MN."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        entry = session.get(Hj212Station, mn)
        if entry is None:
            raise NotFound(f"no station sends as {mn}")
        service.close(session, entry)
    click.echo(f"{mn} is closed")


@hj212.command("list")
def list_() -> None:
    """Every MN, its station, units, series, and whether it may send."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction(write=False) as session:
        for entry in session.scalars(select(Hj212Station).order_by(Hj212Station.mn)):
            may = "closed" if entry.closed_at else "open"
            click.echo(f"{entry.mn:26} {entry.station.code:16} {entry.units:10} {entry.series:9} {may}")
