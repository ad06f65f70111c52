"""Does the server hold exactly what a phone made: once, with its content, with every picture byte for byte?"""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from backend.simulate.ledger import Ledger, differences
from backend.simulate.phone import Phone
from sync.client_session import Refused

Operation = dict[str, Any]
Record = dict[str, Any]

PUSHED_AT_ONCE = 50
PICTURES, BYTES, REPLAYED = "pictures", "bytes of pictures", "told twice, kept once"
ANSWERS = {"alarm.accept": "accepted", "alarm.onsite": "onsite", "alarm.disposal": "disposal"}
"""The event that an answer becomes."""
ALIKE = ("source_id", "task_id", "form", "answers", "finding", "class", "severity", "stopped", "note")
"""What stands in a record as it stood in the operation."""


def compare(phone: Phone) -> Ledger:
    """All that this phone made against all that the server holds of it."""
    ledger = Ledger()
    visits = phone.all_of("/visits", person_id=phone.client.session.person_id, since=_yesterday(phone))
    _compare_records(phone, ledger, "patrol.visit", visits, "/visits/")
    _compare_records(phone, ledger, "problem.report", phone.all_of("/problems", mine="true"), "/problems/")
    _compare_answers(phone, ledger)
    for track in phone.of_type("track.append"):
        ledger.one("track.append", _left_over(phone, track))
    _push_again(phone, ledger)
    _compare_pictures(phone, ledger)
    return ledger


def _yesterday(phone: Phone) -> str:
    return (phone.clock.wall() - timedelta(days=1)).isoformat()


def _left_over(phone: Phone, operation: Operation) -> list[str]:
    """What the phone itself still has to say about an operation: nothing, once everything arrived."""
    for left in phone.client.outbox.all():
        if left.id == operation["id"]:
            problem = (left.answer or {}).get("problem", {})
            return [f"{left.id} is still on {phone.name}: {left.state} {problem.get('code', '')}".strip()]
    return []


def _compare_records(phone: Phone, ledger: Ledger, kind: str, listed: Iterable[Record], path: str) -> None:
    """`listed` are records by other phones too; ours bear our mark."""
    made = {operation["id"]: operation for operation in phone.of_type(kind)}
    bearing = [record["id"] for record in listed if f"{phone.mark} #" in record["note"]]
    surplus = len(bearing) - len(made.keys() & bearing)
    ledger.add(kind, 0, surplus, [f"{surplus} more than {phone.name} made"] if surplus else [])
    for operation_id, operation in made.items():
        faults = _left_over(phone, operation)
        if operation_id not in bearing:
            faults.append(f"{operation_id} of {phone.name} is in no list")
        ledger.one(kind, faults or _record_faults(phone, operation, path))


def _record_faults(phone: Phone, operation: Operation, path: str) -> list[str]:
    try:
        record = phone.look(path + operation["id"])
    except Refused as refused:
        return [f"{operation['id']} of {phone.name}: {refused}"]
    said, position = operation["payload"], operation["position"]
    expected = {name: said[name] for name in ALIKE if name in said}
    where = record.get("place") or record["position"]
    expected |= {"grid": phone.account.grid, "place": [position["lon"], position["lat"]], "photos": _promised(said)}
    found = record | {"place": [where["lon"], where["lat"]], "photos": _stored(record)}
    reported = [event["type"] for event in record.get("events", [{"type": "report"}])].count("report")
    return differences(operation["id"], expected, found) + ([] if reported == 1 else ["it was reported twice"])


def _promised(said: Operation) -> list[tuple[str, int, str]]:
    return [(photo["sha256"], photo["size"], "stored") for photo in said["photos"]]


def _stored(record: Record) -> list[tuple[str, int, str]]:
    return [(photo["sha256"], photo["size"], photo["state"]) for photo in record["photos"]]


def _compare_answers(phone: Phone, ledger: Ledger) -> None:
    """Every answer is one event, and the county has met both clocks with them."""
    for kind in ANSWERS:
        ledger.add(kind, 0, 0)
    if phone.alarm_id is None:
        return
    alarm = phone.look(f"/alarms/{phone.alarm_id}")
    events = [event for event in alarm["events"] if event["type"] in ANSWERS.values()]
    answers = [operation for operation in phone.made if operation["type"] in ANSWERS]
    for answer in answers:
        ledger.one(answer["type"], _left_over(phone, answer) or _answer_faults(answer, events))
    surplus = len(events) - len({event["operation_id"] for event in events} & {answer["id"] for answer in answers})
    if surplus:
        ledger.add(answers[0]["type"], 0, surplus, [f"alarm {alarm['id']} has {surplus} answers too many"])
    pictures = [picture for answer in answers for picture in _promised(answer["payload"])]
    expected = {"state": "disposed", "photos": sorted(pictures), "onsite": "met", "disposal": "met"}
    found = alarm | {"photos": sorted(_stored(alarm))}
    found |= {name: clock["verdict"] for name, clock in alarm["clocks"].items()}
    ledger.one("alarms answered in time", differences(f"alarm {alarm['id']}", expected, found))


def _answer_faults(answer: Operation, events: Iterable[Record]) -> list[str]:
    mine = [event for event in events if event["operation_id"] == answer["id"]]
    if len(mine) != 1:
        return [f"{answer['id']} is {len(mine)} events of its alarm"]
    facts = {name: value for name, value in answer["payload"].items() if name not in ("alarm_id", "photos")}
    found = mine[0]["facts"] | {"type": mine[0]["type"], "person_id": mine[0]["person_id"]}
    return differences(answer["id"], facts | {"type": ANSWERS[answer["type"]], "person_id": answer["by"]}, found)


def _push_again(phone: Phone, ledger: Ledger) -> None:
    """Say everything once more: each is known with this very content, applied, and nothing is missing."""
    head = phone.client.outbox.head(phone.client.session.person_id)
    for start in range(0, len(phone.made), PUSHED_AT_ONCE):
        some = phone.made[start : start + PUSHED_AT_ONCE]
        body = {"head": head, "operations": some}
        answer = phone.client.session.request("POST", "/sync/push", json=body).json()
        for operation, result in zip(some, answer["results"], strict=True):
            told = (result["status"], result.get("original", {}).get("status"))
            known = told == ("duplicate", "applied")
            ledger.one(REPLAYED, [] if known else [f"{operation['id']} of {phone.name} pushed again: {told}"])
    if phone.made:
        expected = {"received_up_to": phone.made[-1]["sequence"], "missing": [], "awaited_photos": []}
        ledger.add(REPLAYED, 0, 0, differences(phone.name, expected, answer))


def _compare_pictures(phone: Phone, ledger: Ledger) -> None:
    for operation in phone.made:
        for photo in operation["payload"]["photos"]:
            size, faults = _fetched(phone, photo["sha256"])
            ledger.one(PICTURES, faults)
            ledger.add(BYTES, photo["size"], size)


def _fetched(phone: Phone, sha256: str) -> tuple[int, list[str]]:
    """How many of a picture's bytes came back, and what is wrong with them."""
    try:
        content = phone.client.session.request("GET", f"/photos/{sha256}").content
    except Refused as refused:
        return 0, [f"{sha256} of {phone.name}: {refused}"]
    same = hashlib.sha256(content).hexdigest() == sha256
    return len(content), [] if same else [f"{sha256} of {phone.name} has other bytes"]
