"""A person as commands name them, and what they have in hand."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.models import Person
from backend.handover.work import open_work


def by_phone(session: Session, phone: str) -> Person:
    """Raises ClickException where nobody has this number."""
    person = session.scalar(select(Person).where(Person.phone == phone))
    if person is None:
        raise click.ClickException("nobody has this phone number")
    return person


def in_hand(session: Session, person: Person) -> str:
    """How much somebody has in hand, in words."""
    counted = {name: len(records) for name, records in open_work(session, person.id).items()}
    if not any(counted.values()):
        return f"{person.name} has no open work"
    return f"{person.name} has open work: {', '.join(f'{count} {name}' for name, count in counted.items())}"
