"""Phones against a running server."""

import os
import secrets
import sys
from pathlib import Path

import click
from rich.console import Console

from backend.demo import accounts
from backend.simulate import report
from backend.simulate.plan import Plan
from backend.simulate.run import Simulation


@click.command()
@click.option("--server", default="http://127.0.0.1:8000", show_default=True)
@click.option("--accounts", "file", type=click.Path(path_type=Path), help="[default: $XUNGE_DATA/demo-accounts.json]")
@click.option("--phones", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--reports", default=10, show_default=True, type=click.IntRange(0, 1000), help="of each phone")
@click.option("--photo-size", default=120_000, show_default=True, type=click.IntRange(10_000, 8_000_000), help="bytes")
@click.option("--chaos", is_flag=True, help="connections break, requests are cut or come twice, apps are killed")
@click.option("--seed", type=int, help="repeat the dice of another run")
def simulate(
    server: str, file: Path | None, phones: int, reports: int, photo_size: int, chaos: bool, seed: int | None
) -> None:
    """Phones against a running server, over HTTP only; exit 1 unless it then holds exactly what they made."""
    file = file or Path(os.environ.get("XUNGE_DATA") or "data").expanduser() / accounts.ACCOUNTS
    seed = secrets.randbits(32) if seed is None else seed
    plan, console = Plan(server.rstrip("/"), file, phones, reports, photo_size, chaos, seed), Console()
    with report.bars(console) as tell, Simulation(plan, tell) as simulation:
        simulation.live()
        simulation.compare()
    report.show(console, simulation)
    sys.exit(0 if simulation.ledger.equal else 1)
