"""Boundaries as files: GeoJSON in, GeoJSON out."""

from collections.abc import Sequence
from pathlib import Path

import click

from backend.commands.starting import opened
from backend.core import clock
from backend.grids import files, service
from geo.findings import Finding

SOURCE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def grids() -> None:
    """Boundaries as files."""


@grids.command()
@click.argument("file", type=SOURCE)
def check(file: Path) -> None:
    """What is wrong with the boundaries in a GeoJSON file? Changes nothing; exit 1 when something blocks."""
    app = opened(signs=False)
    states = files.read(file.read_bytes())
    with app.app_context(), app.database.transaction(write=False) as session:
        findings = files.check(session, states)
    tell(findings)
    if any(finding.severity == "error" for finding in findings):
        raise SystemExit(1)
    click.echo(f"{len(states)} grids can be published")


def tell(findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(f"{finding.severity}: {', '.join(finding.codes)}: {finding.zh} {finding.en}")


@grids.command("import")
@click.argument("file", type=SOURCE)
@click.option("--note", default="", help="kept with the revision")
def import_(file: Path, note: str) -> None:
    """Publish the boundaries in a GeoJSON file, from now on."""
    app = opened(signs=False)
    states = files.read(file.read_bytes())
    with app.app_context(), app.database.transaction() as session:
        revision = service.publish(session, states, clock.now(), note=note)
        click.echo(f"published {len(states)} grids as revision {revision.number}")


@grids.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
def export(file: Path) -> None:
    """Write the boundaries in force now to a GeoJSON file."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction(write=False) as session, file.open("wb") as target:
        target.writelines(files.write(session, clock.now()))
    click.echo(f"written: {file}")
