"""What a person has in hand, and its handing over, from the command line."""

import click

from backend.commands.person import by_phone, in_hand
from backend.commands.starting import opened
from backend.evidence.act import here_and_now
from backend.grids.service import path_of
from backend.handover import service
from backend.handover.work import open_work


@click.command("open-work")
@click.option("--phone", required=True)
def list_open_work(phone: str) -> None:
    """Say what somebody has in hand: visits, alarms, problems."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction(write=False) as session:
        person = by_phone(session, phone)
        for name, records in open_work(session, person.id).items():
            for record in records:
                click.echo(f"{name}\t{record.id}\t{record.grid}\t{record.state}")
        click.echo(in_hand(session, person))


@click.command("hand-over")
@click.option("--phone", required=True, help="whose work")
@click.option("--to", required=True, help="the phone of who takes it over")
@click.option("--by", required=True, help="the phone of the dispatcher in whose name, on record")
@click.option("--under", help="only what lies in this grid and below it: its code")
@click.option("--note", required=True)
def hand_over(phone: str, to: str, by: str, under: str | None, note: str) -> None:
    """Hand somebody's open work to somebody else: all of it or, with any refusal, nothing."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person, successor, dispatcher = (by_phone(session, each) for each in (phone, to, by))
        act = here_and_now(service.holder(session, dispatcher.id))
        path = path_of(session, under) if under else None
        went = service.hand_over(session, act, person.id, successor.id, note, path)
        counted = ", ".join(f"{len(records)} {name}" for name, records in went.items())
        click.echo(f"handed over to {successor.name}: {counted}")
