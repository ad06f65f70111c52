"""Settings come from the environment, are checked once at start, and never change afterwards."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from backend.core import ways
from backend.core.ways import Ways

DRIVERS = frozenset({"sqlite", "postgresql", "postgresql+psycopg"})
DEFAULT_ZONE = "Asia/Shanghai"
SHORTEST_KEY = 32
"""Characters of a signing key: 256 bits of hexadecimal are 64, so 32 is the least that anyone should pass."""


class SettingsError(Exception):
    """What is wrong with the environment, one line each, ready to be shown to whoever starts the server."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class OldestApp:
    """Apps before this version may push but not pull, from this local day on."""

    version: tuple[int, ...]
    since: date


@dataclass(frozen=True)
class Settings:
    """Everything a deployment decides. `*_keys`: the first signs, all verify."""

    data: Path
    database_url: str
    store_url: str
    token_keys: tuple[str, ...] = field(repr=False)
    anchor_keys: tuple[str, ...] = field(repr=False)
    policy: str = "changji"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(DEFAULT_ZONE))
    host: str = "127.0.0.1"
    port: int = 8000
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 9212
    gateway_metrics_port: int = 0
    """Where the gateway's own figures are asked for, on this machine only; 0 for nowhere."""
    gateway_connections: int = 10_000
    demo: bool = False
    behind_proxies: int = 0
    oldest_app: OldestApp | None = None
    password_rounds: int = 3
    sign_in_failures_per_account: int = 10
    sign_in_failures_per_address: int = 100
    sign_in_window_minutes: int = 15
    upload_quota_mb: int = 1024
    """MiB of files that no record promises, for each device."""
    disk_reserve_mb: int = 1024
    """MiB that uploads leave free on the disks of store and data folder."""
    gis_file_mb: int = 64
    """MiB of a file of boundaries; unpacked it may have four times as many."""
    gis_features: int = 20_000
    gis_vertices: int = 2_000_000
    gis_entries: int = 100
    """Files in an archive."""
    gis_seconds: int = 60
    """How long reading one file of boundaries may take."""
    gis_memory_mb: int = 2048
    """MiB of memory that it may take."""
    gis_readers: int = 2
    """How many files of boundaries one server process reads at a time."""
    export_features: int = 10_000
    """Of how many a file is written while somebody waits for it; of more, background work writes it."""
    export_hours: int = 24
    """How long such a file is kept."""
    locate_points: int = 10_000
    """How many positions one request may ask for."""
    silence_seconds: int = 60
    """How long a request may take to come, or the first of a large one; and for how long a client in the middle of a
    body or an answer may let nothing move before it is taken for gone."""
    ways: Ways = field(default_factory=Ways)
    """Where messages may leave to."""

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def from_environment(
    environment: Mapping[str, str] = os.environ, *, demo: bool = False, signs: bool = True
) -> Settings:
    """Read and check the settings.

    The demonstration makes its own secrets and keeps them in the data folder; nothing else starts without
    `XUNGE_TOKEN_KEYS` and `XUNGE_ANCHOR_KEYS`. What neither signs nor verifies (`signs=False`: maintenance) gets keys
    of the moment, which are good for nothing else. Raises SettingsError naming every fault at once.
    """
    faults: list[str] = []
    data = Path(environment.get("XUNGE_DATA") or "data").expanduser().resolve()
    if demo:
        environment = {**_demo_secrets(data, faults), **environment}
    if not signs:
        environment = {**_fresh_secrets(), **environment}
    settings: dict[str, Any] = {
        "data": data,
        "database_url": _database(environment, f"sqlite:///{data}/xunge.db", faults),
        "store_url": environment.get("XUNGE_STORE_URL") or str(data / "store"),
        "token_keys": _keys(environment, "XUNGE_TOKEN_KEYS", faults),
        "anchor_keys": _keys(environment, "XUNGE_ANCHOR_KEYS", faults),
        "policy": environment.get("XUNGE_POLICY") or "changji",
        "zone": _zone(environment, faults),
        "host": environment.get("HOST") or "127.0.0.1",
        "port": _whole(environment, "PORT", 8000, 1, 65535, faults),
        "gateway_host": environment.get("XUNGE_GATEWAY_HOST") or "127.0.0.1",
        "gateway_port": _whole(environment, "XUNGE_GATEWAY_PORT", 9212, 1, 65535, faults),
        "gateway_metrics_port": _whole(environment, "XUNGE_GATEWAY_METRICS_PORT", 0, 0, 65535, faults),
        "gateway_connections": _whole(environment, "XUNGE_GATEWAY_CONNECTIONS", 10_000, 1, 100_000, faults),
        "behind_proxies": _whole(environment, "XUNGE_BEHIND_PROXIES", 0, 0, 5, faults),
        "upload_quota_mb": _whole(environment, "XUNGE_UPLOAD_QUOTA_MB", 1024, 32, 1_000_000, faults),
        "disk_reserve_mb": _whole(environment, "XUNGE_DISK_RESERVE_MB", 1024, 0, 1_000_000, faults),
        "gis_file_mb": _whole(environment, "XUNGE_GIS_FILE_MB", 64, 1, 1024, faults),
        "gis_features": _whole(environment, "XUNGE_GIS_FEATURES", 20_000, 1, 1_000_000, faults),
        "gis_vertices": _whole(environment, "XUNGE_GIS_VERTICES", 2_000_000, 1, 100_000_000, faults),
        "export_features": _whole(environment, "XUNGE_EXPORT_FEATURES", 10_000, 0, 1_000_000, faults),
        "export_hours": _whole(environment, "XUNGE_EXPORT_HOURS", 24, 1, 720, faults),
        "locate_points": _whole(environment, "XUNGE_LOCATE_POINTS", 10_000, 1, 1_000_000, faults),
        "gis_entries": _whole(environment, "XUNGE_GIS_ENTRIES", 100, 3, 10_000, faults),
        "gis_memory_mb": _whole(environment, "XUNGE_GIS_MEMORY_MB", 2048, 256, 65_536, faults),
        "gis_readers": _whole(environment, "XUNGE_GIS_READERS", 2, 1, 32, faults),
        "gis_seconds": _whole(environment, "XUNGE_GIS_SECONDS", 60, 1, 600, faults),
        "oldest_app": _oldest_app(environment, faults),
        "ways": ways.from_environment(environment, faults),
        "demo": demo,
    }
    if faults:
        raise SettingsError(*faults)
    return Settings(**settings)


def _keys(environment: Mapping[str, str], name: str, faults: list[str]) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in environment.get(name, "").split(",") if key.strip())
    if not keys:
        faults.append(
            f"{name} is not set: give one or more keys, comma-separated, for instance from: openssl rand -hex 32"
        )
    elif any(len(key) < SHORTEST_KEY for key in keys):
        faults.append(f"{name} has a key of fewer than {SHORTEST_KEY} characters")
    return keys


def _zone(environment: Mapping[str, str], faults: list[str]) -> ZoneInfo:
    name = environment.get("XUNGE_ZONE") or DEFAULT_ZONE
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(f"XUNGE_ZONE={name} is no time zone, say {DEFAULT_ZONE}")
        return ZoneInfo("UTC")


def _database(environment: Mapping[str, str], default: str, faults: list[str]) -> str:
    url = environment.get("XUNGE_DATABASE_URL") or default
    try:
        if make_url(url).drivername in DRIVERS:
            return url
    except (ArgumentError, ValueError):
        pass
    # the address is not repeated: it may hold a password
    faults.append("XUNGE_DATABASE_URL is no address of a database, say postgresql://user:password@host/xunge")
    return default


def _whole(environment: Mapping[str, str], name: str, default: int, least: int, most: int, faults: list[str]) -> int:
    text = environment.get(name) or str(default)
    if text.isdecimal() and least <= int(text) <= most:
        return int(text)
    faults.append(f"{name}={text} is no whole number from {least} to {most}")
    return default


def _oldest_app(environment: Mapping[str, str], faults: list[str]) -> OldestApp | None:
    text = environment.get("XUNGE_OLDEST_APP")
    if not text:
        return None
    version, _, since = text.partition("@")
    try:
        if re.fullmatch(r"[0-9]+(\.[0-9]+)*", version):
            return OldestApp(tuple(map(int, version.split("."))), date.fromisoformat(since))
    except ValueError:
        pass
    faults.append(f"XUNGE_OLDEST_APP={text} is no version and day, say 1.4.0@2027-01-01")
    return None


def _demo_secrets(data: Path, faults: list[str]) -> dict[str, str]:
    """Secrets of the demonstration, made at its first start and readable by its owner only."""
    path = data / "demo-secrets.json"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            json.dump(_fresh_secrets(), file)
    try:
        return dict(json.loads(path.read_text()))
    except (ValueError, TypeError):
        faults.append(f"{path} is damaged: remove it, and everybody signs in anew")
        return _fresh_secrets()


def _fresh_secrets() -> dict[str, str]:
    return {name: secrets.token_hex(32) for name in ("XUNGE_TOKEN_KEYS", "XUNGE_ANCHOR_KEYS")}
