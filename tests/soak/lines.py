"""The line between a phone and the town: it does to each request what the story says, then it works again."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from tests.soak.town import ServerDied, Town

COPIES = 10
KEEPS_ITS_WORD_LATER = ("/sync/push", "/uploads/")
"""What may arrive after later requests. A renewal of the session that came late would rightly count as theft."""


Heard = Callable[[dict[str, Any], dict[str, Any]], None]
"""Called with every operation of a push that was answered, and its result."""


class PhoneDied(BaseException):
    """The battery is empty, or the system ended the app."""


@dataclass(frozen=True)
class Fault:
    """What becomes of one request. `at` counts database events for "server", tenths of the body for "cut"."""

    kind: str
    at: int = 0


class Line(httpx.BaseTransport):
    """To the application that the town serves at the moment.

    `pages` is the limit of a pull, so that small stories have many pages.
    """

    def __init__(self, town: Town, pages: int, heard: Heard) -> None:
        self._town, self._pages, self._heard = town, pages, heard
        self.faults: list[Fault] = []
        self._late: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path.endswith("/sync/pull"):
            request.url = request.url.copy_merge_params({"limit": str(self._pages)})
        fault = self.faults.pop(0) if self.faults else Fault("none")
        answers: dict[str, Callable[[httpx.Request, int], httpx.Response]] = {
            "none": lambda request, _: self._served(request),
            "before": self._lost,
            "after": self._unanswered,
            "cut": self._cut,
            "copies": self._copies,
            "late": self._delayed,
            "server": self._server_dies,
            "phone": self._phone_dies,
        }
        return answers[fault.kind](request, fault.at)

    def deliver_late(self) -> None:
        """What was under way arrives; nobody waits for the answers."""
        late, self._late = self._late, []
        for request in late:
            self._served(request)

    def _lost(self, request: httpx.Request, _at: int) -> httpx.Response:
        raise httpx.ConnectError("no signal", request=request)

    def _unanswered(self, request: httpx.Request, _at: int) -> httpx.Response:
        self._served(request)
        raise httpx.ReadError("lost", request=request)

    def _cut(self, request: httpx.Request, at: int) -> httpx.Response:
        kept = len(request.content) * at // 10
        httpx.WSGITransport(self._town.app).handle_request(_with_body(request, request.content[:kept]))
        raise httpx.WriteError("broken in the middle of the body", request=request)

    def _copies(self, request: httpx.Request, _at: int) -> httpx.Response:
        """Ten at once; the phone gets the answer of any of them."""
        answers: list[httpx.Response] = []
        threads = [threading.Thread(target=lambda: answers.append(self._served(request))) for _ in range(COPIES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == COPIES
        return answers[-1]

    def _delayed(self, request: httpx.Request, at: int) -> httpx.Response:
        if any(part in request.url.path for part in KEEPS_ITS_WORD_LATER):
            self._late.append(request)
        return self._lost(request, at)

    def _server_dies(self, request: httpx.Request, at: int) -> httpx.Response:
        self._town.fuse.left = at
        try:
            return self._served(request)
        except ServerDied:
            self._town.rise()
            raise httpx.ReadError("the server died", request=request) from None
        finally:
            self._town.fuse.left = None

    def _phone_dies(self, request: httpx.Request, _at: int) -> httpx.Response:
        self._served(request)
        raise PhoneDied

    def _served(self, request: httpx.Request) -> httpx.Response:
        answer = httpx.WSGITransport(self._town.app).handle_request(_with_body(request, request.content))
        answer.read()
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        if answer.status_code == 200 and request.url.path.endswith("/sync/push"):
            said, told = orjson.loads(request.content)["operations"], answer.json()["results"]
            for operation, result in zip(said, told, strict=True):
                assert operation["id"] == result["id"]
                self._heard(operation, result)
        return answer


def _with_body(request: httpx.Request, body: bytes) -> httpx.Request:
    """The same request; its headers still promise the whole body."""
    return httpx.Request(request.method, request.url, headers=request.headers, stream=httpx.ByteStream(body))
