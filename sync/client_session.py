"""The way to the server: signed in, patient, and honest about what went wrong."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from sync.client_storage import Storage

PREFIX = "/api/v1"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
WORTH_WAITING = frozenset({429, 500, 502, 503, 504})
SESSION_OVER = frozenset({"token_invalid", "token_reused", "refresh_expired"})


class Unreachable(Exception):
    """No answer after all attempts. Nothing is lost; try again when there is a signal."""


class Refused(Exception):
    """The server said no: HTTP `status`, stable `code`, and the whole `problem`."""

    def __init__(self, answer: httpx.Response) -> None:
        try:
            said = answer.json()
        except ValueError:  # a proxy in between
            said = None
        self.answer = answer
        self.problem: dict[str, Any] = said if isinstance(said, dict) else {}
        self.code: str = self.problem.get("code", "")
        self.status = answer.status_code
        super().__init__(f"{self.status} {self.code}")


class SignInAgain(Refused):
    """The session is over. The outbox stays as it is."""


@dataclass(frozen=True)
class Installation:
    """What the app says of itself. `id` is made once per installation and kept; None makes one."""

    name: str
    platform: str
    app_version: str
    id: str | None = None


class Patience:
    """Pauses that double, each of a random length up to the full one, so that phones do not come back all at once.

    Args:
        sleep: waits for seconds.
        attempts: how often to try in all.
    """

    def __init__(self, sleep: Callable[[float], None], chance: random.Random, attempts: int) -> None:
        self._sleep = sleep
        self._chance = chance
        self.attempts = attempts

    def pause(self, failures: int, answer: httpx.Response | None = None) -> None:
        """Wait after the n-th failure (from 1), at least as long as the server asked for."""
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (failures - 1))
        asked = answer.headers.get("Retry-After", "") if answer is not None else ""
        self._sleep((float(asked) if asked.isdigit() else 0.0) + self._chance.uniform(0, longest))


class Session:
    """Requests with the access token; it is renewed when it has expired."""

    def __init__(
        self,
        http: httpx.Client,
        storage: Storage,
        installation: Installation,
        clocks: Callable[[], dict[str, str]],
        patience: Patience,
    ) -> None:
        self._http = http
        self._storage = storage
        self._clocks = clocks
        self.patience = patience
        device_id = storage.setting("device_id") or installation.id or str(uuid.uuid4())
        storage.set("device_id", device_id)
        self.device = {
            "id": device_id,
            "name": installation.name,
            "platform": installation.platform,
            "app_version": installation.app_version,
        }

    @property
    def person_id(self) -> str | None:
        """Who signed in last; their work is sent, that of others waits for them."""
        person: str | None = self._storage.setting("person_id")
        return person

    def sign_in(self, phone: str, password: str, settle: Callable[[str, int], None]) -> dict[str, Any]:
        """The answer of the server: person, posts, `device.next_sequence`. Raises Refused, Unreachable.

        `settle(person_id, next_sequence)` makes the rest of the phone ready for this person, in the transaction that
        keeps the session: a phone that dies in between is still the person's who had it before. Whose account ended is
        refused, and what they made on this phone is handed over from now on.
        """
        asked = {"phone": phone, "password": password, "device": self.device}
        try:
            said: dict[str, Any] = self._patiently("POST", "/auth/login", json=asked).json()
        except Refused as refused:
            if token := refused.problem.get("handover_token"):
                person_id = refused.problem["person_id"]
                with self._storage.transaction():
                    settle(person_id, 1)
                    self._keep(token, None, person_id)
            raise
        with self._storage.transaction():
            settle(said["person"]["id"], said["device"]["next_sequence"])
            self._storage.set("app_version", self.device["app_version"])
            self._signed_in(said)
        return said

    def tell_version(self) -> None:
        """Tell the server, once, that the app was updated since the sign-in. Raises like `request`."""
        version = self.device["app_version"]
        if self._storage.setting("app_version", version) != version:
            self.request("PATCH", f"/devices/{self.device['id']}", json={"app_version": version})
            self._storage.set("app_version", version)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request that is harmless when repeated, until it is answered. Raises Refused, SignInAgain, Unreachable."""
        return self._patiently(method, path, authorized=True, **more)

    def once(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One try; the session is renewed if need be. Raises Refused, SignInAgain, and what httpx raises."""
        try:
            return self._send(method, path, self._access(), **more)
        except Refused as refused:
            if refused.code == "token_expired":
                self._refresh(refused)
            elif not self._handed_over(refused):
                raise
        return self._send(method, path, self._access(), **more)

    def _patiently(self, method: str, path: str, authorized: bool = False, **more: Any) -> httpx.Response:
        failures = 0
        while True:
            try:
                if authorized:
                    return self.once(method, path, **more)
                return self._send(method, path, None, **more)
            except (httpx.TransportError, Refused) as fault:
                failures += 1
                self.bear(fault, failures)

    def bear(self, fault: httpx.TransportError | Refused, failures: int, curable: frozenset[int] = frozenset()) -> None:
        """Wait after a fault that may pass, or raise: Unreachable when it did not pass, a refusal as it is.

        `curable` are statuses after which the caller will ask for something else.
        """
        tired = failures >= self.patience.attempts
        answer = fault.answer if isinstance(fault, Refused) else None
        if answer is None or answer.status_code in WORTH_WAITING:
            if tired:
                raise Unreachable(str(fault)) from fault
        elif tired or answer.status_code not in curable:
            raise fault
        self.patience.pause(failures, answer)

    def _send(self, method: str, path: str, token: str | None, **more: Any) -> httpx.Response:
        headers = self._clocks() | more.pop("headers", {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = path if path.startswith(PREFIX) else PREFIX + path
        answer = self._http.request(method, url, headers=headers, **more)
        if answer.is_success:
            return answer
        refused = Refused(answer)
        raise SignInAgain(answer) if refused.code in SESSION_OVER else refused

    def _access(self) -> str:
        return str(self._storage.setting("access_token", ""))

    def _refresh(self, expired: Refused) -> None:
        """A new access token. Should the answer get lost, the old refresh token is still good (api.md, "Sign-in")."""
        asked = {"refresh_token": self._storage.setting("refresh_token")}
        if asked["refresh_token"] is None:  # the days for handing over what an ended account made are over
            raise SignInAgain(expired.answer)
        try:
            self._signed_in(self._patiently("POST", "/auth/refresh", json=asked).json())
        except Refused as refused:
            if not self._handed_over(refused):
                raise

    def _signed_in(self, said: dict[str, Any]) -> None:
        self._keep(said["access_token"], said["refresh_token"], said["person"]["id"])

    def _keep(self, access_token: str, refresh_token: str | None, person_id: str) -> None:
        with self._storage.transaction():
            self._storage.set("access_token", access_token)
            self._storage.set("refresh_token", refresh_token)
            self._storage.set("person_id", person_id)

    def _handed_over(self, refused: Refused) -> bool:
        """A revoked device, or one whose person's account ended, is given a token for handing over their work."""
        token = refused.problem.get("handover_token")
        if token is not None:
            self._storage.set("access_token", token)
        return token is not None
