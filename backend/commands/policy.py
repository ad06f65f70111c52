"""Policy files."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from backend.core.settings import DEFAULT_ZONE
from backend.policy import service


@click.group()
def policy() -> None:
    """Policy files."""


@policy.command()
@click.argument("name", default="changji")
@click.option("--folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=service.FILES)
def check(name: str, folder: Path) -> None:
    """Is a policy file complete and consistent?"""
    for version in service.load(name, ZoneInfo(DEFAULT_ZONE), folder).versions:
        click.echo(f"{version.label}, in force from {version.effective_from}: good")
