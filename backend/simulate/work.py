"""What a phone makes while there is no signal: visits, reports, answers to its alarm, the track of the way."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from backend.simulate.bundle import Point, place_inside
from backend.simulate.forms import fill_in
from backend.simulate.phone import Phone
from media.derive import thumbnail
from media.draw import draw
from sync.client_pictures import Picture

CLASSES = ("dust", "rubbish_heap", "straw_burning", "black_water", "coal_boiler")
SEVERITIES = (None, "minor", "moderate", "serious")
TRACK_POINTS = 30
METRE = 1e-5
"""Degrees, about; a walk need not be straight."""


def go_out(phone: Phone, share: int, sharers: int, reports: int, photo_size: int) -> None:
    """`reports` visits and problems; open tasks first, of which those that are `share` among `sharers` are ours."""
    phone.line.quality = "none"
    visits = reports // 2 if phone.client.copy.records("sources") else 0
    tasks = _open_tasks(phone)[share::sharers]
    for number in range(visits):
        _visit(phone, tasks[number] if number < len(tasks) else None, photo_size)
    for _ in range(reports - visits):
        _report(phone, photo_size)
    _answer_alarm(phone, photo_size)
    _track(phone)


def _open_tasks(phone: Phone) -> list[dict[str, Any]]:
    """Tasks of the village that today's work will complete, in the same order on all its phones."""
    tasks = phone.client.copy.records("tasks").values()
    mine = (task for task in tasks if task["grid"] == phone.account.grid and task["kind"] == "visit")
    return sorted((task for task in mine if task["state"] == "open"), key=lambda task: task["id"])


def _picture(phone: Phone, at: Point, size: int) -> Picture:
    taken_at = phone.clock.wall()
    caption = f"{phone.name} {len(phone.made) + 1}"
    lon, lat = at
    content = draw(phone.dice.getrandbits(32), size=size, taken_at=taken_at, lon=lon, lat=lat, caption=caption)
    return Picture(content, role="scene", taken_at=taken_at, thumbnail=thumbnail(BytesIO(content)))


def _note(phone: Phone) -> str:
    return f"模拟巡查 {phone.mark} #{len(phone.made) + 1}"


def _visit(phone: Phone, task: dict[str, Any] | None, photo_size: int) -> None:
    """At the task's source, with the task's form; without a task at any source of the village."""
    sources = phone.client.copy.records("sources")
    source = sources[task["source_id"]] if task else phone.dice.choice(list(sources.values()))
    at = source["place"]["lon"], source["place"]["lat"]
    picture = _picture(phone, at, photo_size)
    payload = {
        "source_id": source["id"],
        "finding": phone.dice.choice(("none", "none", "stopped", "problem")),
        "note": _note(phone),
        **_form(phone, task, picture.sha256),
    }
    phone.make("patrol.visit", payload | ({"task_id": task["id"]} if task else {}), at, picture)


def _form(phone: Phone, task: dict[str, Any] | None, picture: str) -> dict[str, Any]:
    forms = phone.client.copy.records("forms")
    form = forms.get(task["form"]["id"]) if task and task["form"] else next(iter(forms.values()), None)
    if form is None:
        return {"form": None, "answers": {}}
    asked = {"id": form["id"], "version": form["version"]}
    return {"form": asked, "answers": fill_in(form, picture, phone.dice)}


def _report(phone: Phone, photo_size: int) -> None:
    at = place_inside(phone.area, phone.dice)
    payload = {
        "class": phone.dice.choice(CLASSES),
        "note": _note(phone),
        "severity": phone.dice.choice(SEVERITIES),
        "stopped": phone.dice.random() < 0.5,
    }
    phone.make("problem.report", payload, at, _picture(phone, at, photo_size))


def _answer_alarm(phone: Phone, photo_size: int) -> None:
    if phone.alarm_id is None:
        return
    alarm = phone.client.copy.records("alarms")[phone.alarm_id]
    at = alarm["place"]["lon"], alarm["place"]["lat"]
    mine = {"alarm_id": phone.alarm_id}
    phone.keep(phone.client.make("alarm.accept", mine).operation)
    onsite = mine | {"finding": "堆场扬尘 dust from a yard", "note": _note(phone)}
    phone.make("alarm.onsite", onsite, at, _picture(phone, at, photo_size))
    disposal = {"cause": "未覆盖 not covered", "measures": "已覆盖 covered", "result": "已消除 clear"}
    phone.make("alarm.disposal", mine | disposal | {"note": _note(phone)}, at, _picture(phone, at, photo_size))


def _track(phone: Phone) -> None:
    """The way of the last half hour."""
    lon, lat = place_inside(phone.area, phone.dice)
    now, points = phone.clock.wall(), []
    for minute in range(TRACK_POINTS, 0, -1):
        lon, lat = (round(each + phone.dice.uniform(-20, 20) * METRE, 6) for each in (lon, lat))
        points.append([lon, lat, (now - timedelta(minutes=minute)).isoformat(), 8])
    phone.keep(phone.client.make("track.append", {"points": points}).operation)
