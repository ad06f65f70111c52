"""What the others see: colleagues of the village everything, a new phone as much as an old one, strangers nothing."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from backend.simulate.ledger import Ledger
from backend.simulate.phone import Phone

COLLECTIONS = ("grids", "posts", "sources", "stations", "tasks", "alarms", "problems", "forms", "notices")
STRANGERS = "kept from strangers"
TRIES = 3
"""The server's own work goes on, and may change a record between two looks."""

Versions = dict[str, Any]


def compare_copies(phone: Phone, crew: Sequence[Phone]) -> Ledger:
    """A copy that grew by increments against the snapshot of a new phone, and against what the village made."""
    phone.client.pull()
    ledger = _compare_problems(phone, crew)
    newcomer = Phone(phone.world, f"{phone.name} new {uuid.uuid4()}", phone.account)
    try:
        newcomer.sign_in()
        for _ in range(TRIES):
            newcomer.client.pull()
            phone.client.pull()
            if all(_versions(phone, name) == _versions(newcomer, name) for name in COLLECTIONS):
                break
        for name in COLLECTIONS:
            _compare_collection(ledger, name, _versions(phone, name), _versions(newcomer, name), phone)
    finally:
        newcomer.close()
    return ledger


def _versions(phone: Phone, collection: str) -> Versions:
    return {id_: record.get("version") for id_, record in phone.client.copy.records(collection).items()}


def _compare_collection(ledger: Ledger, name: str, old: Versions, new: Versions, phone: Phone) -> None:
    differing = {id_ for id_, _ in old.items() ^ new.items()}
    faults = [f"{id_} differs between {phone.name} and a new phone of its holder" for id_ in sorted(differing)]
    ledger.add(f"copy of {name}", len(old), len(new), faults)


def _compare_problems(phone: Phone, crew: Sequence[Phone]) -> Ledger:
    """The problems of this run that reached the phone: those of its village, all of them and no others."""
    ledger, run = Ledger(), phone.world.folder.name
    problems = phone.client.copy.records("problems").values()
    seen = Counter(problem["id"] for problem in problems if f"{run} " in problem["note"])
    expected = Counter(
        operation["id"]
        for other in crew
        if other.account.grid == phone.account.grid or other.account.phone == phone.account.phone
        for operation in other.of_type("problem.report")
    )
    faults = [f"{id_} did not reach {phone.name}" for id_ in expected - seen]
    faults += [f"{id_} is not for {phone.name}" for id_ in seen - expected]
    ledger.add("problems pulled in the village", expected.total(), (seen & expected).total(), faults)
    return ledger


def compare_tasks(phone: Phone, crew: Iterable[Phone]) -> Ledger:
    """Every task that was visited is done, by this phone's visit or by that of another."""
    ledger = Ledger()
    visits = {visit["id"] for other in crew for visit in other.of_type("patrol.visit")}
    tasks = phone.client.copy.records("tasks")
    for visit in phone.of_type("patrol.visit"):
        if task_id := visit["payload"].get("task_id"):
            task = tasks.get(task_id, {})
            done = task.get("state") == "done" and task.get("done_by_operation") in visits
            ledger.one("tasks done", [] if done else [f"{task_id} is {task.get('state')} after {visit['id']}"])
    return ledger


def compare_strangers(stranger: Phone, others: Iterable[Phone]) -> Ledger:
    """Nothing that others made is for somebody of another village, asked for by its very address."""
    ledger = Ledger()
    for path in (path for other in others for path in _addresses(other)):
        ledger.one(STRANGERS, [] if stranger.is_refused(path) else [f"{stranger.account.name} sees {path}"])
    return ledger


def _addresses(phone: Phone) -> list[str]:
    """Where the server shows what a phone made."""
    paths = [f"/visits/{operation['id']}" for operation in phone.of_type("patrol.visit")]
    paths += [f"/problems/{operation['id']}" for operation in phone.of_type("problem.report")]
    paths += [f"/photos/{photo['sha256']}" for made in phone.made for photo in made["payload"]["photos"]]
    return paths + ([f"/alarms/{phone.alarm_id}"] if phone.alarm_id else [])
