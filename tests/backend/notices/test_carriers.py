"""What is sent, what counts as delivered, and where nothing may go."""

import base64
import hashlib
import hmac
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import apprise
import pytest
from aiosmtpd.controller import Controller

from backend.core.ways import Ways
from backend.notices import carriers, posting
from backend.notices.carriers import Letter
from backend.notices.posting import NotNow, Refused
from tests.backend.cast import MONDAY
from tests.backend.notices.receiver import Receiver
from tests.ports import free_port

LETTER = Letter(
    uuid.UUID(int=7), "alarm.instruct", True, "标题", '标题\n正文 <at user_id="all">\n编号 00000007', MONDAY
)


def test_dingtalk_is_signed_as_its_page_says(ways: Ways, receiver: Receiver, hand: object) -> None:
    carriers.send(ways, "dingtalk://SECabc@token", LETTER)
    [call] = receiver.calls
    now = str(round(MONDAY.timestamp() * 1000))
    sign = base64.b64encode(hmac.new(b"SECabc", f"{now}\nSECabc".encode(), hashlib.sha256).digest()).decode()
    assert (call.path, call.query) == (
        "/robot/send",
        {"access_token": ["token"], "timestamp": [now], "sign": [sign]},
    )
    assert call.body == {"msgtype": "text", "text": {"content": LETTER.text}}
    carriers.send(ways, "dingtalk://token", LETTER)
    assert receiver.calls[-1].query == {"access_token": ["token"]}


def test_wecom_and_feishu_have_words_of_their_own(ways: Ways, receiver: Receiver, hand: object) -> None:
    carriers.send(ways, "wecombot://key-1", LETTER)
    carriers.send(ways, "feishu://hush@hook-1", LETTER)
    wecom, feishu = receiver.calls
    assert (wecom.path, wecom.query) == ("/cgi-bin/webhook/send", {"key": ["key-1"]})
    now = str(round(MONDAY.timestamp()))
    sign = base64.b64encode(hmac.new(f"{now}\nhush".encode(), b"", hashlib.sha256).digest()).decode()
    assert feishu.path == "/open-apis/bot/v2/hook/hook-1"
    assert (feishu.body["timestamp"], feishu.body["sign"]) == (now, sign)
    assert "<at" not in feishu.body["content"]["text"], "a note must not call everybody"


@pytest.mark.parametrize("address", ["dingtalk://t", "wecombot://t"])
def test_an_error_in_a_200_is_no_delivery(ways: Ways, receiver: Receiver, address: str) -> None:
    receiver.answers = [(200, b'{"errcode": 310000, "errmsg": "sign not match"}'), (200, b'{"errcode": 130101}')]
    with pytest.raises(Refused, match="errcode 310000"):
        carriers.send(ways, address, LETTER)
    with pytest.raises(NotNow, match="errcode 130101"):
        carriers.send(ways, address, LETTER)
    receiver.answers = [(200, b"<html>maintenance</html>")]
    with pytest.raises(NotNow, match="none of a robot's"):
        carriers.send(ways, address, LETTER)


def test_apprise_itself_would_take_them_for_delivered(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the robots are our own (docs/decisions): when this fails, look again."""
    receiver.answers = [(200, b'{"errcode": 310000, "errmsg": "sign not match"}')]
    theirs = apprise.Apprise.instantiate("dingtalk://SECabc@token")
    monkeypatch.setattr(theirs, "notify_url", receiver.base + "/robot/send?access_token={token}")
    assert theirs.notify(body="正文") is True
    assert receiver.calls[0].query["sign"][0].endswith("%3D"), "encoded twice"


@pytest.mark.parametrize(
    ("status", "error"), [(204, None), (301, Refused), (400, Refused), (404, Refused), (429, NotNow), (502, NotNow)]
)
def test_a_webhook_answers_by_status(
    ways: Ways, receiver: Receiver, status: int, error: type[Exception] | None
) -> None:
    receiver.answers = [(status, b"")]
    if error is None:
        carriers.send(ways, f"{receiver.base}/hook", LETTER)
    else:
        with pytest.raises(error, match=f"http {status}"):
            carriers.send(ways, f"{receiver.base}/hook", LETTER)
    assert len(receiver.calls) == 1, "redirections are not followed"
    assert receiver.calls[0].body["id"] == str(LETTER.id)


def test_one_that_hangs_up_or_refuses_is_tried_again(ways: Ways, receiver: Receiver) -> None:
    receiver.answers = [None]
    with pytest.raises(NotNow, match="cannot be reached"):
        carriers.send(ways, f"{receiver.base}/hook", LETTER)
    with pytest.raises(NotNow, match="cannot be reached"):
        carriers.send(ways, f"http://127.0.0.1:{free_port()}/hook", LETTER)


def test_an_address_that_http_cannot_say_is_refused_for_good(ways: Ways, receiver: Receiver) -> None:
    with pytest.raises(Refused, match="bad address"):
        carriers.send(ways, f"{receiver.base}/a hook", LETTER)
    assert not receiver.calls


def test_one_that_drips_byte_by_byte_has_a_limit_over_all(ways: Ways) -> None:
    with dripping() as port, pytest.raises(NotNow, match="in time"):
        posting.post(ways, f"http://127.0.0.1:{port}/", b"{}", {}, limit_s=0.3)


@contextmanager
def dripping() -> Iterator[int]:
    """Sends a byte of its head every 50 ms, for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as line:
                while not over.wait(0.05):
                    try:
                        line.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()


def test_an_endless_answer_is_read_to_a_limit(ways: Ways, receiver: Receiver) -> None:
    receiver.answers = [(200, b"x" * 10_000_000)]
    assert len(posting.post(ways, f"{receiver.base}/", b"{}", {}).body) == posting.LONGEST_ANSWER


@pytest.mark.parametrize("host", ["10.1.2.3", "169.254.169.254", "[::1]", "localhost", "0.0.0.0", "2130706433"])
def test_nothing_goes_to_a_host_that_is_not_named(ways: Ways, host: str) -> None:
    with pytest.raises(Refused, match="not among"):
        carriers.send(ways, f"http://{host}/hook", LETTER)
    with pytest.raises(Refused, match="not among"):
        carriers.refuse_bad(ways, f"http://{host}/hook")


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:10.0.0.8", "224.0.0.1"])
def test_a_named_host_that_leads_inside_is_refused(inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family = socket.AF_INET6 if ":" in inside else socket.AF_INET
    found: list[Any] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))]  # one that is public
    found.append((family, socket.SOCK_STREAM, 6, "", (inside, 80)))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
    outside = Ways(hosts=frozenset({"hooks.example.cn"}))
    with pytest.raises(Refused, match="inside the house"):
        carriers.send(outside, "https://hooks.example.cn/x", LETTER)


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_called(
    ways: Ways, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere the second time gains nothing."""
    honest, looked_up = socket.getaddrinfo, list[str]()

    def look_up(host: str, *rest: Any, **more: Any) -> Any:
        looked_up.append(host)
        return honest("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    named = replace(ways, hosts=frozenset({"hooks.example.cn"}))
    carriers.send(named, f"http://hooks.example.cn:{receiver.port}/x", LETTER)
    assert (looked_up.count("hooks.example.cn"), len(receiver.calls)) == (1, 1)


@pytest.mark.parametrize(
    "address", ["ftp://127.0.0.1/x", "file:///etc/passwd", "gopher://127.0.0.1", "schan://token", "", "dingtalk://"]
)
def test_other_kinds_of_address_are_refused(ways: Ways, address: str) -> None:
    with pytest.raises(Refused):
        carriers.refuse_bad(ways, address)


def test_a_service_of_apprise_that_the_settings_name_is_used(ways: Ways, receiver: Receiver) -> None:
    named = replace(ways, services=frozenset({"json"}))
    address = f"json://127.0.0.1:{receiver.port}/x"
    carriers.refuse_bad(named, address)
    carriers.send(named, address, LETTER)
    assert receiver.calls[0].body["message"] == LETTER.text
    receiver.answers = [(500, b"")]
    with pytest.raises(NotNow):
        carriers.send(named, address, LETTER)


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []
        self.refuses = False

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        if self.refuses:
            return "451 try again later"
        self.mails.append((envelope.rcpt_tos, envelope.content.decode()))  # type: ignore[attr-defined]
        return "250 OK"


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[str]:
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"mailto://127.0.0.1:{port}?from=xunge@example.cn"
    finally:
        controller.stop()


def test_mail_goes_by_the_deployment_s_own_server(ways: Ways) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as server:
        by_mail = replace(ways, mail_server=server)
        carriers.send(by_mail, "mailto:aygul@example.cn", LETTER)
        mailbox.refuses = True
        with pytest.raises(NotNow):
            carriers.send(by_mail, "mailto:aygul@example.cn", LETTER)
    [(to, mail)] = mailbox.mails
    assert to == ["aygul@example.cn"]
    assert "=?utf-8?" in mail.lower()
    with pytest.raises(Refused, match="XUNGE_MAIL_SERVER"):
        carriers.send(ways, "mailto:aygul@example.cn", LETTER)


@pytest.mark.parametrize("address", ["", "aygul", "a@b@c d.cn", "a@example.cn&to=b@example.cn", "a@b.cn,c@d.cn"])
def test_a_mail_address_is_one_address(ways: Ways, address: str) -> None:
    with pytest.raises(Refused):
        carriers.refuse_bad(replace(ways, mail_server="mailtos://smtp.example.cn"), f"mailto:{address}")


def test_addresses_are_never_shown_whole() -> None:
    for address, shown in {
        "dingtalk://SECabc@0123456789abcdef": "dingtalk://…cdef",
        "wecombot://693a91f6-7xxx": "wecombot://…7xxx",
        "https://hooks.example.cn/secret?key=1": "https://hooks.example.cn/…",
        "mailto:aygul@example.cn": "mailto:a…@example.cn",
    }.items():
        assert carriers.shown(address) == shown
