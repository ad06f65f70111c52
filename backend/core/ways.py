"""Which ways lead out of the server: settings for messages to robots, mail and webhooks."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ROBOTS = {
    "dingtalk": "https://oapi.dingtalk.com",
    "wecombot": "https://qyapi.weixin.qq.com",
    "feishu": "https://open.feishu.cn",
}
"""Where robots of groups are called; XUNGE_ROBOTS moves them, say to a province's own WeCom."""


@dataclass(frozen=True)
class Ways:
    """Messages leave only to hosts that are named here, and only to public addresses or those of `networks`."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    robots: Mapping[str, str] = field(default_factory=lambda: ROBOTS)
    mail_server: str = field(default="", repr=False)
    """As apprise writes it: mailtos://user:password@smtp.example.cn?from=xunge@example.cn. Empty: no mail."""
    services: frozenset[str] = frozenset()
    """Further services of apprise that channels may use, by the word that their addresses begin with."""


def from_environment(environment: Mapping[str, str], faults: list[str]) -> Ways:
    """XUNGE_NOTICE_HOSTS, XUNGE_ROBOTS, XUNGE_MAIL_SERVER, XUNGE_NOTICE_SERVICES."""
    named = _words(environment, "XUNGE_NOTICE_HOSTS")
    robots = dict(ROBOTS)
    for word in _words(environment, "XUNGE_ROBOTS"):
        kind, _, base = word.partition("=")
        if kind in ROBOTS and urlsplit(base).scheme in ("http", "https") and urlsplit(base).hostname:
            robots[kind] = base.rstrip("/")
        else:
            faults.append(f"XUNGE_ROBOTS={word} is no robot and address, say wecombot=https://wecom.example.gov.cn")
    mail_server = environment.get("XUNGE_MAIL_SERVER", "")
    if mail_server and not (mail_server.startswith(("mailto://", "mailtos://")) and urlsplit(mail_server).hostname):
        faults.append(
            "XUNGE_MAIL_SERVER is no mail server, say mailtos://user:password@smtp.example.cn?from=a@example.cn"
        )
    return Ways(
        hosts=frozenset(word.lower() for word in named if "/" not in word),
        networks=tuple(_networks((word for word in named if "/" in word), faults)),
        robots=robots,
        mail_server=mail_server,
        services=frozenset(_words(environment, "XUNGE_NOTICE_SERVICES")),
    )


def _words(environment: Mapping[str, str], name: str) -> list[str]:
    return [word.strip() for word in environment.get(name, "").split(",") if word.strip()]


def _networks(words: Iterable[str], faults: list[str]) -> Iterator[Network]:
    for word in words:
        try:
            yield ipaddress.ip_network(word)
        except ValueError:
            faults.append(f"XUNGE_NOTICE_HOSTS has {word}, which is no network, say 10.20.0.0/16")
