"""A prefecture signs in at once: passwords are hashed one after the other, and nobody else has to wait for that."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.auth import passwords
from backend.core.edge import Application
from tests.backend.cast import PASSWORD, Member

TIMEOUT_S, A_MOMENT_S = 30, 0.1
DEVICE = {"id": "0199a000-0000-7000-8000-000000000001", "name": "p", "platform": "android", "app_version": "1"}


class Slow:
    """A hasher that thinks until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Semaphore(0), threading.Event()

    def verify(self, _stored: str, _password: str) -> bool:
        self.begun.release()
        assert self.go_on.wait(TIMEOUT_S)
        return True


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    hasher = Slow()
    monkeypatch.setattr(passwords, "hasher", lambda _rounds: hasher)
    yield hasher
    hasher.go_on.set()


def sign_in(client: FlaskClient, who: Member) -> TestResponse:
    asked = {"phone": who.phone, "password": PASSWORD, "device": DEVICE}
    return client.post("/api/v1/auth/login", json=asked)


def test_one_is_hashed_at_a_time(slow: Slow) -> None:
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(passwords.matches, "stored", PASSWORD, 1) for _ in range(2)]
        assert slow.begun.acquire(timeout=TIMEOUT_S)
        assert not slow.begun.acquire(timeout=A_MOMENT_S)
        slow.go_on.set()
        assert [answer.result(TIMEOUT_S) for answer in answers] == [True, True]


def test_whoever_finds_no_place_to_wait_comes_again(
    app: Application, cast: dict[str, Member], slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_places", threading.BoundedSemaphore(1))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(sign_in, app.test_client(), cast["Aygul"])
        assert slow.begun.acquire(timeout=TIMEOUT_S)
        refused = sign_in(app.test_client(), cast["Bahar"])
        slow.go_on.set()
        assert first.result(TIMEOUT_S).status_code == 200
    assert (refused.status_code, refused.json["code"], refused.headers["Retry-After"]) == (503, "busy", "2")


def test_a_refusal_gives_its_place_back(app: Application, cast: dict[str, Member]) -> None:
    for _ in range(passwords.WAITING + 2):
        assert not passwords.matches("no hash", PASSWORD, 1)
    assert sign_in(app.test_client(), cast["Aygul"]).status_code == 200
