"""How far something is that takes long."""

import sys

import click


def show(what: str, done: int, total: int) -> None:
    """Progress of what takes long: on one line of a terminal, only its end elsewhere."""
    ended, said = done == total, f"{what}: {done}/{total}" if total else what
    if ended or sys.stdout.isatty():
        click.echo(said if ended else f"{said}\r", nl=ended)
