"""Changes of boundaries from the command line: sent, looked at, published now or for a day to come, withdrawn."""

import uuid
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import undefer

from backend.commands.grids import TARGET, source
from backend.commands.starting import opened
from backend.core.edge import Application
from backend.grids import drafts
from backend.grids.models import Draft, Revision
from backend.grids.reading import limits_of

DRAFT = click.argument("draft", type=click.UUID)


@click.group()
def revisions() -> None:
    """Drafts of boundaries, and when they take effect."""


@revisions.command()
@source
@click.option("--county", help="code of the one county that the file is of")
@click.option("--note", default="", help="kept with the draft, and with the revision")
def send(file: Path, crs: str, layer: str | None, encoding: str | None, county: str | None, note: str) -> None:
    """Keep a file of boundaries as a draft, and check it; exit 1 when something blocks."""
    app = opened(signs=False)
    given = {"name": file.name, "crs": crs, "layer": layer, "encoding": encoding, "county": county, "note": note}
    content = file.read_bytes()
    with app.app_context():
        with app.database.transaction() as session:
            draft_id = drafts.receive(session, content, given, None).id
        _check(app, draft_id)


@revisions.command()
@DRAFT
def check(draft: uuid.UUID) -> None:
    """Check a draft again, upon what is published by now; exit 1 when something blocks."""
    app = opened(signs=False)
    with app.app_context():
        _check(app, draft)


def _check(app: Application, draft_id: uuid.UUID) -> None:
    drafts.check(app.database, draft_id, limits_of(app.settings))
    with app.database.transaction(write=False) as session:
        draft = drafts.get(session, draft_id, undefer(Draft.report))
    for found in draft.report:
        click.echo(
            f"{found['severity']}: {', '.join(found['codes'])}: {found['sentence']['zh']} {found['sentence']['en']}"
        )
    for each in draft.proposals:
        click.echo(f"proposed: {each['before']}={each['after']} ({each['kind']}, {each['share']:.0%} of the area)")
    click.echo(f"draft {draft_id}: {draft.errors} errors, {draft.warnings} warnings")
    if draft.errors:
        raise SystemExit(1)


@revisions.command()
@DRAFT
@click.argument("successions", nargs=-1, metavar="BEFORE=AFTER…")
def say(draft: uuid.UUID, successions: tuple[str, ...]) -> None:
    """Say which grids take the place of which, where the file does not; the draft is checked again."""
    pairs = [(before, after) for before, _, after in (each.partition("=") for each in successions)]
    app = opened(signs=False)
    with app.app_context():
        with app.database.transaction() as session:
            drafts.say(session, draft, pairs, None)
        _check(app, draft)


@revisions.command("list")
def listed() -> None:
    """Drafts and what became of them, the newest last."""
    app = opened(signs=False)
    with app.database.transaction(write=False) as session:
        for draft in session.scalars(select(Draft).order_by(Draft.created_at, Draft.id)):
            revision = session.get(Revision, draft.revision) if draft.revision else None
            since = f" as revision {revision.number} from {revision.effective_from.isoformat()}" if revision else ""
            click.echo(f"{draft.id} {draft.state}{since} {','.join(draft.counties)} {draft.name}")


@revisions.command()
@DRAFT
@click.argument("file", type=TARGET)
def preview(draft: uuid.UUID, file: Path) -> None:
    """Write a draft as a map (SVG): lines of now, lines to come, findings."""
    app = opened(signs=False)
    with app.database.transaction(write=False) as session:
        file.write_text(drafts.get(session, draft, undefer(Draft.preview)).preview or "", encoding="utf-8")
    click.echo(f"written: {file}")


@revisions.command()
@DRAFT
@click.option("--from", "since", help="the hour from which it is in force, with an offset; now if left out")
def publish(draft: uuid.UUID, since: str | None) -> None:
    """Publish a draft, from now on or from an hour to come."""
    app = opened(signs=False)
    with app.app_context():
        prepared = drafts.prepare(app.database, draft, limits_of(app.settings))
        with app.database.transaction() as session:
            published = drafts.publish(session, draft, prepared, _instant(since), None)
            revision = session.get_one(Revision, published.revision)
            click.echo(f"revision {revision.number}, in force from {revision.effective_from.isoformat()}")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter("no instant such as 2027-01-01T00:00:00+08:00") from error
    if at.tzinfo is None:
        raise click.BadParameter("an instant needs an offset")
    return at


@revisions.command()
@DRAFT
def withdraw(draft: uuid.UUID) -> None:
    """Put a draft away, or take back before its hour what it published."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        drafts.withdraw(session, draft, None)
    click.echo(f"withdrawn: {draft}")
