"""One POST to a host that the settings name: guarded against addresses inside the house, bounded in time and size.

Names are looked up here and the connection goes to the very address that was checked: a name that leads elsewhere the
second time gains nothing. Redirections are answers like others; nobody follows them.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpcore

from backend.core.ways import Ways

LIMIT_S = 15.0
"""For looking up, connecting, sending and reading together, however slowly bytes come."""
LONGEST_ANSWER = 64 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """It cannot be delivered, now or later. The text is for administrators and holds no secret."""


class NotNow(Exception):
    """It could not be delivered now. The text is for administrators and holds no secret; `at_least` is how long the
    receiver wants to be left alone."""

    def __init__(self, reason: str, at_least: timedelta = timedelta(0)) -> None:
        super().__init__(reason)
        self.at_least = at_least


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


def post(ways: Ways, url: str, body: bytes, headers: Mapping[str, str], limit_s: float = LIMIT_S) -> Answer:
    """POST and read the answer, at most LONGEST_ANSWER of it. Raises Refused, NotNow."""
    refuse_host(ways, urlsplit(url).hostname or "")
    backend = _Guarded(ways, time.monotonic() + limit_s)
    try:
        with (
            httpcore.ConnectionPool(network_backend=backend) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body) as response,
        ):
            return Answer(response.status, _beginning(response.iter_stream()))
    except httpcore.TimeoutException as error:
        raise NotNow("no answer in time") from error
    except (httpcore.NetworkError, httpcore.RemoteProtocolError, ssl.SSLError, OSError) as error:
        raise NotNow(f"cannot be reached: {type(error).__name__}") from error
    except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, UnicodeError, ValueError) as error:
        raise Refused("bad address") from error


def _beginning(chunks: Iterable[bytes]) -> bytes:
    read = b""
    for chunk in chunks:
        read += chunk
        if len(read) >= LONGEST_ANSWER:
            break
    return read[:LONGEST_ANSWER]


def refuse_host(ways: Ways, host: str) -> None:
    """Raise Refused unless the settings name this host, or the network of an address."""
    named = ways.hosts | {urlsplit(base).hostname for base in ways.robots.values()}
    if host.lower() not in named and not any(_inside(host, network) for network in ways.networks):
        raise Refused("this host is not among XUNGE_NOTICE_HOSTS")


def _inside(host: str, network: Any) -> bool:
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def _addresses(ways: Ways, host: str, port: int) -> list[str]:
    """Where a name leads, if all of it may be called. Raises Refused, NotNow."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise NotNow("no address of this name") from error
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        if not (_is_public(address) or any(address in network for network in ways.networks)):
            raise Refused("this host is inside the house; XUNGE_NOTICE_HOSTS does not name its network")
    return found


def _is_public(address: Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner.is_global and not inner.is_multicast


class _Guarded(httpcore.NetworkBackend):
    """Connects to addresses that may be called, and lets nothing last beyond the deadline."""

    def __init__(self, ways: Ways, deadline: float) -> None:
        self._ways, self._deadline, self._plain = ways, deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = _addresses(self._ways, host, port)[0]
        inner = self._plain.connect_tcp(address, port, _left(self._deadline), local_address, socket_options)
        return _Hurried(inner, self._deadline)


class _Hurried(httpcore.NetworkStream):
    """A connection whose every step has only what is left of the time."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Hurried(self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
