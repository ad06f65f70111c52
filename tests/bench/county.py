"""A county of 20,000 records, and in it a village of 30 sources and 60 tasks: added to the demonstration.

Made by the models, so that the feed is written as years of work would have written it.
"""

import itertools
import random
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.edge import Application
from backend.core.ids import new_id
from backend.demo import accounts
from backend.grids.models import Grid
from backend.patrols.models import Form, Task
from backend.sources.models import Source

Account = dict[str, str]
SOURCES_OF_THE_COUNTY, TASKS_OF_THE_COUNTY = 5_000, 14_000
"""Added; with what the demonstration has there it is 20,000 records in the scope of the county's dispatcher."""
SOURCES, TASKS = 30, 60
"""Of the village, when all is done."""
AT_ONCE = 1_000


def supervisor(known: list[Account]) -> Account:
    """Whose village it is: the last one's, since the first ones are measured as they are."""
    return [account for account in known if account["role"] == "supervisor"][-1]


def dispatcher(known: list[Account]) -> Account:
    """Of the county around the village."""
    county = supervisor(known)["grid"][:6]
    return next(account for account in known if account["role"] == "dispatcher" and account["grid"] == county)


def furnish(app: Application) -> None:
    """Add what is missing. Nothing may serve `app` meanwhile."""
    known = accounts.read(app.settings.data)
    here, county, dice = supervisor(known)["grid"], dispatcher(known)["grid"], random.Random(1)
    with app.app_context(), app.database.transaction() as session:
        around = select(Grid.grid_path).where(Grid.grid_path.contains(f"/{county}/"), Grid.tier == 4)
        paths = session.scalars(around.order_by(Grid.grid_path)).all()
        [village] = [path for path in paths if path.endswith(here)]
        _fill(session, [village] * (SOURCES - _count(session, Source, village)), TASKS - _count(session, Task, village))
        elsewhere = [path for path in paths if path != village]
        _fill(session, dice.choices(elsewhere, k=SOURCES_OF_THE_COUNTY), TASKS_OF_THE_COUNTY)


def _count(session: Session, model: type[Source] | type[Task], path: str) -> int:
    return session.scalar(select(func.count()).select_from(model).where(model.grid_path == path)) or 0


def _fill(session: Session, paths: list[str], tasks: int) -> None:
    sources = [_source(number, path) for number, path in enumerate(paths)]
    _add(session, sources)
    form = session.scalars(select(Form)).first()
    assert form is not None
    _add(session, itertools.islice(_tasks(sources, form), tasks))


def _add(session: Session, records: Iterable[Source | Task]) -> None:
    waiting = iter(records)
    while some := list(itertools.islice(waiting, AT_ONCE)):
        session.add_all(some)
        session.flush()
        session.expunge_all()


def _source(number: int, path: str) -> Source:
    now = clock.now()
    return Source(
        id=new_id(),
        name=f"虚构·绿洲砂石料场{number}",
        kind="material_yard",
        address=f"绿洲路{number}号(虚构)",
        lon=89.6 + number * 1e-5,
        lat=44.0,
        grid_path=path,
        valid_from=now.date() - timedelta(days=200),
        details={"demonstration": True},
        created_at=now,
        updated_at=now,
    )


def _tasks(sources: list[Source], form: Form) -> Iterator[Task]:
    """Without end: of each source one a day, day after day from a week ahead."""
    now = clock.now()
    for day, source in ((day, source) for day in itertools.count(7) for source in sources):
        yield Task(
            source_id=source.id,
            day=now.date() + timedelta(days=day),
            due_at=now + timedelta(days=day),
            form_id=form.id,
            form_edition=form.edition,
            policy="changji",
            grid_path=source.grid_path,
            created_at=now,
            updated_at=now,
        )
