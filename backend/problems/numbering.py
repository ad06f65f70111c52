"""Numbers of the ledger: 652301-2026-000123, one row of numbers per county and year (MY-8)."""

from sqlalchemy.orm import Session

from backend.core.database import insert_into
from backend.problems.models import LedgerCounter


def next_number(session: Session, county: str, year: int) -> str:
    """The next number of a county's ledger.

    One statement counts on, so two registrars never get the same; who comes second waits for the first to commit. A
    number that was rolled back is given again, so the ledger has no gaps either.
    """
    counted = (
        insert_into(session, LedgerCounter)
        .values(county=county, year=year, last=1)
        .on_conflict_do_update(index_elements=["county", "year"], set_={"last": LedgerCounter.last + 1})
        .returning(LedgerCounter.last)
    )
    return f"{county}-{year}-{session.execute(counted).scalar_one():06d}"
