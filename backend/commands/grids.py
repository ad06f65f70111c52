"""Boundaries as files: five formats in, seven out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from backend.commands.progress import show
from backend.commands.starting import opened
from backend.core import clock
from backend.core.edge import Application
from backend.gis.export import Asked, features, how_many, watched
from backend.gis.files import FORMS, form_of, look_of, refuse_too_many, save
from backend.gis.layers import EVERY_GRID
from backend.grids import checking, files, publishing, reading
from geo.findings import Finding

SOURCE = click.Path(path_type=Path, exists=True, dir_okay=False)
TARGET = click.Path(path_type=Path, dir_okay=False, writable=True)


def source(command: Callable[..., None]) -> Callable[..., None]:
    """A file of boundaries, and what its sender says about it."""
    for option in (
        click.option("--encoding", help="of a Shapefile that does not say, or says wrongly: GBK or UTF-8"),
        click.option("--layer", help="where the file has several"),
        click.option("--crs", required=True, help="the system it is in: WGS84, CGCS2000, GCJ02 or EPSG:4513 to 4554"),
        click.argument("file", type=SOURCE),
    ):
        command = option(command)
    return command


@click.group()
def grids() -> None:
    """Boundaries as files."""


@grids.command()
@source
@click.option("--picture", type=TARGET, help="also draw the findings on a map, as SVG")
def check(file: Path, crs: str, layer: str | None, encoding: str | None, picture: Path | None) -> None:
    """What is wrong with the boundaries in a file? Changes nothing; exit 1 when something blocks."""
    app = opened(signs=False)
    sent = read(app, file, crs, layer, encoding)
    base = published_last(app)
    findings = [*sent.findings, *files.check(base, sent.states).findings]
    if picture is not None:
        picture.write_text(files.picture(base, sent.states, findings), "utf-8")
    tell(findings)
    stop_at_errors(findings)
    click.echo(f"{len(sent.states)} grids can be published")


@grids.command()
@source
@click.argument("target", type=TARGET)
def snap(file: Path, crs: str, layer: str | None, encoding: str | None, target: Path) -> None:
    """Put borders together that are a few centimetres apart, and write the grids to a GeoJSON file (WGS 84).

    Publishes nothing: look at the file first. What really overlaps or leaves a gap is for you to mend.
    """
    app = opened(signs=False)
    sent = read(app, file, crs, layer, encoding)
    faults = checking.blocking([*sent.findings, *checking.check(sent.states)])
    tell(faults)
    stop_at_errors(faults)
    target.write_bytes(files.redrawn(checking.snapped(sent.states)))
    click.echo(f"written: {target}")


def stop_at_errors(findings: Sequence[Finding]) -> None:
    if checking.blocking(findings):
        raise SystemExit(1)


def read(app: Application, file: Path, crs: str, layer: str | None, encoding: str | None) -> reading.Sent:
    with app.app_context(), app.database.transaction(write=False) as session:
        known = files.known(session)
    limits = reading.limits_of(app.settings)
    return reading.read(file, crs, limits, layer=layer, encoding=encoding, known=known)


def published_last(app: Application) -> publishing.Base:
    with app.database.transaction(write=False) as session:
        return publishing.last(session)


def tell(findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(f"{finding.severity}: {', '.join(finding.codes)}: {finding.zh} {finding.en}")


@grids.command("import")
@source
@click.option("--note", default="", help="kept with the revision")
def import_(file: Path, crs: str, layer: str | None, encoding: str | None, note: str) -> None:
    """Publish the boundaries in a file, from now on. A kind of grid of which it holds none stays as it is."""
    app = opened(signs=False)
    sent = read(app, file, crs, layer, encoding)
    base = published_last(app)
    examined = files.check(base, sent.states)
    findings = [*sent.findings, *examined.findings]
    tell(findings)
    stop_at_errors(findings)
    with app.app_context():
        prepared = publishing.prepare(base, examined.states)
        with app.database.transaction() as session:
            revision = publishing.put(session, prepared, clock.now(), note=note)
            click.echo(f"published {len(sent.states)} grids as revision {revision.number}")


@grids.command()
@click.argument("file", type=TARGET)
@click.option("--crs", default="WGS84", show_default=True, help="WGS84, CGCS2000, GCJ02, EPSG:4513 … EPSG:4554")
@click.option("--fields", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--encoding", type=click.Choice(["UTF-8", "GBK"]), default="UTF-8", show_default=True)
def export(file: Path, crs: str, language: str, encoding: str) -> None:
    """Write the boundaries in force now to a file: .gpkg, .shp.zip, .geojson, .kml, .fgb, .csv or .xlsx by its name."""
    form = form_of(file.name)
    if form is None:
        raise click.ClickException(f"{file.name} ends with none of: {', '.join(FORMS)}")
    app, look, asked = opened(signs=False), look_of(form, crs, language, encoding), Asked(clock.now())
    with app.app_context():
        with app.database.transaction(write=False) as session:
            total = how_many(session, EVERY_GRID, asked)
        refuse_too_many(form, total)
        found = watched(features(app.database, EVERY_GRID, asked), lambda done: show("grids", done, total))
        save(file, form, EVERY_GRID, found, look)
    click.echo(f"written: {file}")
