"""The office: an officer raises and orders alarms, each county's dispatcher receives them and sends a supervisor."""

from collections.abc import Callable, Iterable

from backend.simulate.bundle import place_inside
from backend.simulate.phone import Phone, World
from backend.simulate.plan import Account, CannotSimulate

Sent = Callable[[], None]


class Desk:
    """Terminals of one officer and of the dispatchers, as far as there are accounts."""

    def __init__(self, world: World, accounts: Iterable[Account]) -> None:
        self._officer: Phone | None = None
        self._dispatchers: dict[str, Phone] = {}
        for account in accounts:
            if account.role == "officer" and self._officer is None:
                self._officer = Phone(world, "desk of the prefecture", account)
            if account.role == "dispatcher" and account.grid not in self._dispatchers:
                self._dispatchers[account.grid] = Phone(world, f"desk of {account.grid}", account)
        self._signed_in: list[Phone] = []

    def can_alarm(self, phone: Phone) -> bool:
        """Is there an officer, and a dispatcher of this phone's county?"""
        return self._officer is not None and _county(phone) in self._dispatchers

    def alarm(self, phones: Iterable[Phone], sent: Sent) -> None:
        """An alarm in the village of each phone, for its holder, with the holder's name on it. `sent` after each."""
        by_county: dict[str, list[Phone]] = {}
        for phone in phones:
            by_county.setdefault(_county(phone), []).append(phone)
        for county, sent_to in by_county.items():
            for phone in sent_to:
                phone.alarm_id = self._ordered(phone)
            self._send(county, sent_to, sent)

    def _ordered(self, phone: Phone) -> str:
        assert self._officer is not None
        officer = self._on_duty(self._officer)
        lon, lat = place_inside(phone.area, phone.dice)
        place = {"lon": lon, "lat": lat, "datum": "WGS84"}
        seen = {"kind": "video", "place": place, "note": f"模拟告警 {phone.mark}"}
        alarm_id: str = officer.client.session.request("POST", "/alarms", json=seen).json()["id"]
        officer.client.session.request("POST", f"/alarms/{alarm_id}/order", json={"note": "请核查 please look"})
        return alarm_id

    def _send(self, county: str, phones: list[Phone], sent: Sent) -> None:
        """The pull is the delivery that starts the county's clock (CJ-3)."""
        dispatcher = self._on_duty(self._dispatchers[county])
        dispatcher.client.pull()
        received = dispatcher.client.copy.records("alarms")
        for phone in phones:
            if phone.alarm_id not in received:
                raise CannotSimulate(f"the dispatcher of {county} did not receive alarm {phone.alarm_id}")
            order = {"person_id": phone.client.session.person_id, "note": phone.mark}
            dispatcher.client.session.request("POST", f"/alarms/{phone.alarm_id}/instruct", json=order)
            sent()

    def _on_duty(self, terminal: Phone) -> Phone:
        if terminal not in self._signed_in:
            terminal.sign_in()
            self._signed_in.append(terminal)
        return terminal

    def close(self) -> None:
        for terminal in (self._officer, *self._dispatchers.values()):
            if terminal is not None:
                terminal.close()


def _county(phone: Phone) -> str:
    """Code of the county or park: the second of the path."""
    code: str = phone.village["path"].split("/")[1]
    return code
