"""What the person who started a simulation sees: bars while it runs, a table when it is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from backend.simulate.ledger import Ledger
from backend.simulate.run import Simulation

FAULTS_SHOWN = 20


@contextmanager
def bars(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Yields what a Simulation tells its progress to: a bar for each phase."""
    columns = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = progress.add_task(phase, total=total)
            progress.update(tasks[phase], completed=done)

        yield tell


def show(console: Console, done: Simulation) -> None:
    """The tables and, where something differs, what."""
    console.print(_comparison(done.ledger), _effort(done))
    faults = done.ledger.faults
    for fault in faults[:FAULTS_SHOWN]:
        console.print(f"  {fault}", style="red", markup=False, highlight=False)
    if len(faults) > FAULTS_SHOWN:
        console.print(f"  … and {len(faults) - FAULTS_SHOWN} more", style="red")
    repeat = f"(the same dice again: --seed {done.plan.seed})"
    verdict = f"{len(faults)} differences" if faults else "The server holds exactly what the phones made"
    console.print(verdict, style="bold red" if faults else "bold green", highlight=False)
    console.print(repeat, highlight=False)


def _comparison(ledger: Ledger) -> Table:
    table = Table("", title="Phones and server")
    for heading in ("made", "on the server", "equal"):
        table.add_column(heading, justify="right")
    for kind, count in ledger.counts.items():
        equal = "[green]yes[/]" if count.equal else "[bold red]NO[/]"
        table.add_row(kind, f"{count.made:,}", f"{count.held:,}", equal)
    return table


def _effort(done: Simulation) -> Table:
    table = Table("", title="Effort")
    table.add_column("", justify="right")
    for name, figure in _figures(done).items():
        table.add_row(name, figure)
    return table


def _figures(done: Simulation) -> dict[str, str]:
    lines = [line for phone in done.phones for line in phone.lines]
    operations = sum(len(phone.made) for phone in done.phones)
    back = done.seconds["push, upload, pull"]
    return {
        "phones": f"{len(done.phones)}",
        "requests answered": f"{sum(line.requests for line in lines):,}",
        "connections broken": f"{sum(line.broken for line in lines):,}",
        "sent twice by the line": f"{sum(line.repeats for line in lines):,}",
        "retries": f"{sum(phone.retries for phone in done.phones):,}",
        "seconds": f"{sum(done.seconds.values()):.1f}",
        "seconds to push and upload": f"{back:.1f}",
        "operations a second": f"{operations / back:.1f}",
    }
