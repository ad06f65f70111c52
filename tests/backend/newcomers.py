"""People who join the cast for one story."""

from sqlalchemy.orm import Session

from backend.auth import passwords, people
from backend.core.edge import Application
from tests.backend.cast import PASSWORD, Member, place


def hire(app: Application, name: str, role: str, path: str) -> Member:
    """Somebody new with a post and an account; their phone number follows from their name."""
    with app.app_context(), app.database.transaction() as session:
        return _hire(session, name, role, path)


def _hire(session: Session, name: str, role: str, path: str) -> Member:
    phone = f"139{sum(map(ord, name)):08d}"
    person = people.add_person(session, name, phone, passwords.digest(PASSWORD, 1))
    people.appoint(session, person, role, place(path), full_time=True)
    return Member(person.id, name, phone, role, path)
