"""Forms: published in editions, chosen by the kind of source."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.database import hold
from backend.core.ids import new_id
from backend.patrols.answers import check_fields
from backend.patrols.errors import FormInvalid
from backend.patrols.models import Form, FormEdition
from sync.errors import Deferred


def publish(
    session: Session,
    title: str,
    fields: list[dict[str, Any]],
    source_kinds: Sequence[str] = (),
    form_id: uuid.UUID | None = None,
) -> Form:
    """Make a form, or the next edition of the form `form_id`; earlier editions stay valid. Raises FormInvalid."""
    if faults := check_fields(fields):
        raise FormInvalid(errors=faults)
    form = session.get(Form, form_id, with_for_update=True) if form_id else None
    if form is None:
        form = Form(id=form_id or new_id(), edition=0)
        session.add(form)
    form.edition += 1
    form.title, form.fields, form.source_kinds = title, fields, list(source_kinds)
    form.updated_at = clock.now()
    session.flush()
    session.add(
        FormEdition(form_id=form.id, edition=form.edition, title=title, fields=fields, published_at=form.updated_at)
    )
    session.flush()
    return form


def edition(session: Session, form_id: uuid.UUID, number: int) -> FormEdition:
    """The edition that a phone answered. Raises Deferred while it is not here."""
    found = session.get(FormEdition, (form_id, number))
    if found is None:
        raise Deferred([{"collection": "forms", "id": str(form_id)}])
    return hold(session, found)


def all_forms(session: Session) -> Sequence[Form]:
    """Every form as it is now, in a fixed order."""
    return session.scalars(select(Form).order_by(Form.id)).all()


def form_for(forms: Iterable[Form], source_kind: str) -> Form | None:
    """The form of this kind of source, else the general one."""
    fitting = [form for form in forms if source_kind in form.source_kinds or not form.source_kinds]
    return min(fitting, key=lambda form: (not form.source_kinds, form.id), default=None)
