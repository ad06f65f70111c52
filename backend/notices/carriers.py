"""How a message reaches a channel: one carrier for each word that an address begins with.

The robots and webhooks are our own, in the addresses that apprise writes (dingtalk://secret@token): apprise 2.3 takes
every HTTP 200 for delivered, while DingTalk and WeCom say "refused" in the body of a 200, and it encodes DingTalk's
signature twice (docs/decisions/0026). Mail, and further services that the settings name, go through apprise.
"""

import base64
import hashlib
import hmac
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

import apprise

from backend.core import clock
from backend.core.ways import Ways
from backend.notices.posting import Answer, NotNow, Refused, post, refuse_host

logging.getLogger("apprise").disabled = True  # its warnings name tokens
JSON = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "xunge"}
TOO_FAST = frozenset({130101, 45009, 11232, 9499})
"""Codes of robots that say "too many, too fast": they count by the minute, and some lock out whoever goes on."""
RESTS = timedelta(minutes=1)
PASSING = TOO_FAST | {-1}
"""Besides, "our fault": later is better. Any other refusal is for good."""


@dataclass(frozen=True)
class Letter:
    """What is sent. `text` is all of it, its title and number too."""

    id: uuid.UUID
    kind: str
    urgent: bool
    title: str
    text: str
    written_at: datetime


Carrier = Callable[[Ways, str, Letter], None]
"""(ways, address, letter): returns when the receiver has taken it. Raises Refused, NotNow."""


def send(ways: Ways, address: str, letter: Letter) -> None:
    """Raises Refused, NotNow; both say why, without the address."""
    carrier_of(ways, address)(ways, address, letter)


def carrier_of(ways: Ways, address: str) -> Carrier:
    """Raises Refused where no carrier knows this address, or the settings do not allow it."""
    word = address.partition(":")[0]
    if word in ways.services:
        return by_apprise
    if word not in CARRIERS:
        raise Refused("no carrier for this kind of address")
    return CARRIERS[word]


def refuse_bad(ways: Ways, address: str) -> None:
    """Raise Refused where messages to this address could never leave. Calls nobody."""
    carrier = carrier_of(ways, address)
    if carrier is webhook:
        refuse_host(ways, urlsplit(address).hostname or "")
    elif carrier is mail and not (ways.mail_server and _is_mail_address(address.removeprefix("mailto:"))):
        raise Refused("no mail address, or XUNGE_MAIL_SERVER is not set")
    elif carrier is by_apprise and apprise.Apprise.instantiate(address, suppress_exceptions=True) is None:
        raise Refused("apprise does not know this address")
    elif carrier in ROBOTS and not _token(address):
        raise Refused("the token of the robot is missing")


def shown(address: str) -> str:
    """An address as people may see it: enough to tell two apart, too little to write there."""
    word, _, rest = address.partition(":")
    if word == "mailto":
        name, _, host = rest.partition("@")
        return f"mailto:{name[:1]}…@{host}"
    if word in ("http", "https"):
        return f"{word}://{urlsplit(address).hostname}/…"
    return f"{word}://…{_token(address)[-4:]}" if word else ""


def _token(address: str) -> str:
    return address.partition("://")[2].partition("?")[0].strip("/").rpartition("@")[2]


def _secret(address: str) -> str:
    return address.partition("://")[2].partition("?")[0].rpartition("@")[0]


def _signature(key: str, said: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), said.encode(), hashlib.sha256).digest()).decode()


def dingtalk(ways: Ways, address: str, letter: Letter) -> None:
    """A DingTalk group's robot; with a secret the call is signed (open.dingtalk.com, custom robots)."""
    query = {"access_token": _token(address)}
    if secret := _secret(address):
        now = str(round(clock.now().timestamp() * 1000))
        query |= {"timestamp": now, "sign": _signature(secret, f"{now}\n{secret}")}
    body = {"msgtype": "text", "text": {"content": letter.text}}
    _ask_robot(ways, f"{ways.robots['dingtalk']}/robot/send?{urlencode(query)}", body, "errcode")


def wecombot(ways: Ways, address: str, letter: Letter) -> None:
    """A WeCom group's robot (developer.work.weixin.qq.com, group robots)."""
    body = {"msgtype": "text", "text": {"content": letter.text}}
    query = urlencode({"key": _token(address)})
    _ask_robot(ways, f"{ways.robots['wecombot']}/cgi-bin/webhook/send?{query}", body, "errcode")


def feishu(ways: Ways, address: str, letter: Letter) -> None:
    """A Feishu group's robot; with a secret the call is signed, the key being what others sign (open.feishu.cn)."""
    body: dict[str, object] = {"msg_type": "text", "content": {"text": letter.text.replace("<", "＜")}}  # <at …> calls
    if secret := _secret(address):
        now = str(round(clock.now().timestamp()))
        body |= {"timestamp": now, "sign": _signature(f"{now}\n{secret}", "")}
    _ask_robot(ways, f"{ways.robots['feishu']}/open-apis/bot/v2/hook/{quote(_token(address), safe='')}", body, "code")


def _ask_robot(ways: Ways, url: str, body: Mapping[str, object], verdict: str) -> None:
    """Robots answer 200 to what they refuse, and say so in the body."""
    answer = post(ways, url, json.dumps(body, ensure_ascii=False).encode(), JSON)
    _refuse_status(answer)
    try:
        code = int(json.loads(answer.body)[verdict])
    except (ValueError, TypeError, KeyError) as error:
        raise NotNow("an answer that is none of a robot's") from error
    if code in PASSING:
        raise NotNow(f"{verdict} {code}", RESTS if code in TOO_FAST else timedelta(0))
    if code:
        raise Refused(f"{verdict} {code}")


def webhook(ways: Ways, address: str, letter: Letter) -> None:
    """A program of somebody's own: any 2xx is delivered. `id` is the same when a message comes twice."""
    body = {
        "id": str(letter.id),
        "kind": letter.kind,
        "urgent": letter.urgent,
        "title": letter.title,
        "text": letter.text,
        "written_at": letter.written_at.isoformat(),
    }
    _refuse_status(post(ways, address, json.dumps(body, ensure_ascii=False).encode(), JSON))


def _refuse_status(answer: Answer) -> None:
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise NotNow(f"http {answer.status}")
    if not 200 <= answer.status < 300:
        raise Refused(f"http {answer.status}")


def mail(ways: Ways, address: str, letter: Letter) -> None:
    """To one mail address, by the deployment's own mail server."""
    if not ways.mail_server:
        raise Refused("XUNGE_MAIL_SERVER is not set")
    recipient = urlencode({"to": address.removeprefix("mailto:")})
    by_apprise(ways, f"{ways.mail_server}{'&' if '?' in ways.mail_server else '/?'}{recipient}", letter)


def _is_mail_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return bool(name and "." in host) and text.isascii() and text.isprintable() and not set(text) & set(" ,;<>&?")


def by_apprise(_ways: Ways, address: str, letter: Letter) -> None:
    """Whatever else apprise can reach. It says only whether, not why."""
    service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if service is None:
        raise Refused("apprise does not know this address")
    if not service.notify(body=letter.text, title=letter.title, body_format=apprise.NotifyFormat.TEXT):
        raise NotNow("apprise could not deliver it")


ROBOTS: tuple[Carrier, ...] = (dingtalk, wecombot, feishu)
CARRIERS: dict[str, Carrier] = {
    "dingtalk": dingtalk,
    "wecombot": wecombot,
    "feishu": feishu,
    "http": webhook,
    "https": webhook,
    "mailto": mail,
}
"""By the word that an address begins with."""
