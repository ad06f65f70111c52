"""Passwords for the roster, made at seeding and written down once, and a key for the micro-stations."""

import json
import os
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import passwords, people
from backend.auth.models import Person
from backend.demo.making import Making
from backend.demo.roster import roster
from backend.stations import service as stations
from backend.stations.models import Station, StationKey

ACCOUNTS, KEYS = "demo-accounts.json", "demo-keys.json"
KEY_NAME = "演示微站 demonstration micro-stations"
SHOWN_EVERY = 20


def missing(folder: Path) -> bool:
    """Are the files gone? Nobody knows the passwords then, and new ones are made."""
    return not all((folder / name).exists() for name in (ACCOUNTS, KEYS))


def open_accounts(making: Making, session: Session, _nothing: None) -> str:
    """Set every password, issue the key, write both down. The files are written before the transaction commits: a
    crash between the two leaves the step undone, and everything is made anew."""
    folder = making.app.settings.data
    persons = {person.phone: person for person in session.scalars(select(Person).where(Person.phone.is_not(None)))}
    accounts = []
    for number, seat in enumerate(roster(), 1):
        person, password = persons[seat.phone], passwords.make()
        people.set_password(session, person, password, making.app.settings.password_rounds)
        accounts.append(
            {"role": seat.role, "name": person.name, "phone": seat.phone, "password": password, "grid": seat.grid}
        )
        if number % SHOWN_EVERY == 0:
            making.progress(f"      passwords: {number} of {len(roster())}")
    write_down(folder / ACCOUNTS, accounts)
    write_down(folder / KEYS, [_station_key(session)])
    return f"{len(accounts)} accounts in {folder / ACCOUNTS}"


def _station_key(session: Session) -> dict[str, Any]:
    for key in session.scalars(select(StationKey).where(StationKey.name == KEY_NAME)):
        stations.revoke_key(session, key)
    named = session.scalars(select(Station).where(Station.kind == "micro").order_by(Station.code)).all()
    secret = stations.issue_key(session, KEY_NAME, named)
    return {"name": KEY_NAME, "key": secret, "stations": [station.code for station in named]}


def write_down(path: Path, what: Any) -> None:
    """Write JSON that only its owner can read; whoever reads meanwhile sees the old or the new one."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(what, file, ensure_ascii=False, indent=1)
    draft.replace(path)


def read(folder: Path) -> list[dict[str, str]]:
    """The accounts as written down."""
    accounts: list[dict[str, str]] = json.loads((folder / ACCOUNTS).read_text(encoding="utf-8"))
    return accounts
