"""What a restore takes from the server its phones bring back: each thing that may lie beyond the backup, by itself."""

import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from backend.app import create_app
from backend.core import backup, clock
from backend.core.edge import Application
from backend.core.settings import Settings
from backend.exchange import expire_uploads, sync_of
from backend.grids import publishing, service
from backend.grids.models import Grid
from backend.sources.models import Source
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from sync.client_session import SignInAgain
from tests.backend.cast import IN_A1, PASSWORD, VILLAGE_A1, Member
from tests.backend.conftest import Caller
from tests.backend.grids.story import states
from tests.backend.phones import phone


def scene(seed: int, size: int = 30_000) -> Picture:
    return Picture(draw(seed, size=size, taken_at=datetime(2026, 11, 23, 10, tzinfo=UTC), lon=87.05, lat=44.05))


LARGE = scene(9, 2_600_000)


class Disaster:
    """A backup is made; later the server burns, and the backup is restored elsewhere."""

    def __init__(self, settings: Settings, elsewhere: Settings, file: Path) -> None:
        self.settings, self.elsewhere, self.file = settings, elsewhere, file

    def back_up(self) -> None:
        backup.backup(self.settings, self.file, lambda *_: None)

    @contextmanager
    def restored(self, *phones: Client, store_lives_on: bool = False) -> Iterator[Application]:
        """The new server, to which these phones speak from now on. Its store may be a bucket that did not burn."""
        backup.restore(self.elsewhere, self.file, lambda *_: None)
        store = self.settings.store_url if store_lives_on else self.elsewhere.store_url
        app = create_app(replace(self.elsewhere, store_url=store))
        with app.app_context(), app.database.transaction() as session:
            app.new_generation(session)
        for each in phones:
            each._http._transport = httpx.WSGITransport(app)
        yield app
        app.database.close()


@pytest.fixture
def disaster(settings: Settings, elsewhere: Settings, tmp_path: Path) -> Disaster:
    return Disaster(settings, elsewhere, tmp_path / "backup.tar")


def report(client: Client, note: str, *pictures: Picture) -> str:
    return client.make("problem.report", {"class": "dust", "note": note}, position=IN_A1, pictures=pictures).id


def photos(client: Client, problem: str) -> list[str]:
    record = client.copy.record("problems", problem)
    assert record
    return [photo["state"] for photo in record["photos"]]


def notes(client: Client) -> set[str]:
    return {record["note"] for record in client.copy.records("problems").values()}


@pytest.mark.parametrize("store_lives_on", [False, True])
def test_an_upload_that_was_half_way_and_is_finished(aygul: Client, disaster: Disaster, store_lives_on: bool) -> None:
    made = report(aygul, "large", LARGE)
    aygul.push()
    aygul.pictures.send(LARGE.sha256, aygul.clock.wall(), give_way=lambda: True)  # the first MiB
    disaster.back_up()
    aygul.sync()
    with disaster.restored(aygul, store_lives_on=store_lives_on):
        aygul.sync()
        assert photos(aygul, made) == ["stored"]
        assert aygul.session.request("GET", f"/photos/{LARGE.sha256}").content == LARGE.content
        assert aygul.outbox.all() == []


def test_an_upload_that_ended_while_the_backup_was_made(
    aygul: Client, disaster: Disaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row says that the first MiB is here; when the store is copied, its parts are gone."""
    made = report(aygul, "large", LARGE)
    aygul.push()
    aygul.pictures.send(LARGE.sha256, aygul.clock.wall(), give_way=lambda: True)
    copy_database = backup._copy_database

    def and_meanwhile(settings: Settings, folder: Path) -> Path:
        copied = copy_database(settings, folder)
        aygul.sync()
        return copied

    monkeypatch.setattr(backup, "_copy_database", and_meanwhile)
    disaster.back_up()
    with disaster.restored(aygul):
        aygul.sync()
        assert photos(aygul, made) == ["stored"]
        assert aygul.session.request("GET", f"/photos/{LARGE.sha256}").content == LARGE.content


def test_promises_are_forgotten_and_their_pictures_lie_in_the_store(aygul: Client, disaster: Disaster) -> None:
    disaster.back_up()
    made = report(aygul, "after", scene(1), scene(2))
    aygul.sync()
    with disaster.restored(aygul, store_lives_on=True):
        assert aygul.sync().pictures == 2
        assert photos(aygul, made) == ["stored"] * 2
        assert aygul.session.request("GET", f"/photos/{scene(1).sha256}/thumb").content


def test_bytes_that_expired_after_the_backup_are_asked_for_again(
    app: Application, aygul: Client, disaster: Disaster, hand: clock.Frozen
) -> None:
    """The backup knows that she sent them, unpromised; a store that did not burn does not have them any more."""
    early = scene(3)
    said = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(early.content)),
        "Upload-Metadata": f"sha256 {b64encode(early.sha256.encode()).decode()}",
        "Content-Type": "application/offset+octet-stream",
    }
    assert aygul.session.request("POST", "/uploads", headers=said, content=early.content).status_code == 201
    disaster.back_up()
    hand.move(days=7, minutes=1)
    with app.app_context():
        assert expire_uploads() == 2  # the upload, and the bytes
    made = report(aygul, "after", early)
    assert aygul.sync().pictures == 1
    with disaster.restored(aygul, store_lives_on=True):
        assert aygul.sync().pictures == 1
        assert photos(aygul, made) == ["stored"]
        assert aygul.session.request("GET", f"/photos/{early.sha256}").content == early.content


def test_who_only_pulled_holds_what_the_server_has_now(
    app: Application, aygul: Client, disaster: Disaster, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> None:
    """Chen's phone knows of more, and of later versions, until the phones that made them come back."""
    kept = report(aygul, "before", scene(1))
    aygul.push()
    disaster.back_up()
    report(aygul, "after")
    aygul.sync()
    chen = phone(app, cast["Chen"], tmp_path, hand)
    chen.sync()
    assert (notes(chen), photos(chen, kept)) == ({"before", "after"}, ["stored"])
    with disaster.restored(aygul, chen):
        chen.sign_in(cast["Chen"].phone, PASSWORD)  # the backup does not know his phone
        chen.sync()
        assert (notes(chen), photos(chen, kept)) == ({"before"}, ["awaited"])
        aygul.sync()
        chen.sync()
        assert (notes(chen), photos(chen, kept)) == ({"before", "after"}, ["stored"])
    chen.close()


def test_the_same_version_of_another_life_hides_no_conflict(
    app: Application, aygul: Client, disaster: Disaster, call: Callable[[str], Caller], hand: clock.Frozen
) -> None:
    """A source that somebody at the office changed since the backup, and after the restore in another way."""
    mill = {"name": "木材厂", "kind": "industry", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}}
    source = call("Chen").post("/sources", mill | {"grid": "652301001001"}).json["id"]
    disaster.back_up()
    rename(app, source, "新木材厂")
    aygul.pull()
    proposed = {"source_id": source, "base_version": 2, "fields": {"state": "closed"}}
    aygul.make("source.propose", proposed)
    assert aygul.sync().outcomes == {"applied": 1}
    hand.move(hours=1)
    with disaster.restored(aygul) as restored:
        rename(restored, source, "家具厂")
        hand.move(minutes=1)
        assert aygul.sync().outcomes == {"conflict": 1}
        [clash] = aygul.problems()
        assert clash.answer
        assert (clash.answer["current"]["version"], clash.answer["current"]["name"]) == (2, "家具厂")
        aygul.make("source.propose", proposed, supersedes=clash.id)
        assert aygul.sync().outcomes == {"applied": 1}
        assert aygul.problems() == []


def rename(app: Application, source: str, name: str) -> None:
    with app.app_context(), app.database.transaction() as session:
        session.get_one(Source, uuid.UUID(source)).name = name


def test_tokens_and_phones_that_the_backup_does_not_know(
    app: Application, aygul: Client, disaster: Disaster, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> None:
    disaster.back_up()
    hand.move(minutes=20)
    aygul.sync()  # with a refresh token from after the backup
    bahar = phone(app, cast["Bahar"], tmp_path, hand)
    bahar.pull()
    for each, note in ((aygul, "hers"), (bahar, "of a new phone")):
        report(each, note)
        each.sync()
    with disaster.restored(aygul, bahar) as restored:
        hand.move(minutes=20)
        for each, name in ((aygul, "Aygul"), (bahar, "Bahar")):
            report(each, f"of {name}, meanwhile")
            with pytest.raises(SignInAgain) as over:
                each.sync()
            assert over.value.code == "token_invalid"  # and not theft
            each.sign_in(cast[name].phone, PASSWORD)
            each.sync()
        aygul.pull()
        assert notes(aygul) == {"hers", "of a new phone", "of Aygul, meanwhile", "of Bahar, meanwhile"}
        assert evidence(restored) == [("applied", "attested", ())] * 4  # anchors and chains are good as ever
    bahar.close()


def evidence(app: Application) -> list[tuple[str, str, tuple[str, ...]]]:
    """Of every operation what became of it, and how well its time is known."""
    sync = sync_of(app)
    with app.database.transaction(write=False) as session:
        found = [
            (entry, sync.testimony(session, entry)) for entry in sync.inbox(session, statuses=["applied", "rejected"])
        ]
    return [(entry.status, known.level, known.findings) for entry, known in found if known]


def test_the_number_of_boundaries_that_phones_keep_is_not_given_to_others(
    app: Application, disaster: Disaster, hand: clock.Frozen
) -> None:
    def publish(where: Application, border: float) -> int:
        hand.move(minutes=10)
        with where.app_context(), where.database.transaction() as session:
            return publishing.publish(session, states(border=border), clock.now()).number

    in_backup = publish(app, 87.13)
    disaster.back_up()
    lost = [publish(app, 87.15), publish(app, 87.16)]
    assert lost == [in_backup + 1, in_backup + 2]  # a first life begins, and counts on
    with disaster.restored() as restored:
        numbers = [publish(restored, 87.12), publish(restored, 87.11)]
        assert (numbers[0] > lost[-1], numbers[1]) == (True, numbers[0] + 1)
        with restored.app_context(), restored.database.transaction(write=False) as session:
            village = session.scalars(select(Grid).where(Grid.grid_path == VILLAGE_A1)).one()
            assert village.bundle_version == numbers[1]
            assert [each.number for each in service.revisions(session)][:3] == [*numbers[::-1], in_backup]
