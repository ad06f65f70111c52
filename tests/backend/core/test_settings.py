"""A server that is set up wrongly says so in one go, and no secret has a default."""

from datetime import date
from pathlib import Path

import pytest

from backend.core import settings

KEYS = {"XUNGE_TOKEN_KEYS": "t" * 32, "XUNGE_ANCHOR_KEYS": "a" * 32 + "," + "b" * 32}


def test_the_defaults(tmp_path: Path) -> None:
    made = settings.from_environment(KEYS | {"XUNGE_DATA": str(tmp_path)})
    assert made.database_url == f"sqlite:///{tmp_path}/xunge.db"
    assert (made.host, made.port, made.policy) == ("127.0.0.1", 8000, "changji")
    assert made.anchor_keys == ("a" * 32, "b" * 32)


def test_nothing_starts_with_a_default_secret(tmp_path: Path) -> None:
    with pytest.raises(settings.SettingsError) as caught:
        settings.from_environment({"XUNGE_DATA": str(tmp_path)})
    assert [fault.split(" ")[0] for fault in caught.value.faults] == ["XUNGE_TOKEN_KEYS", "XUNGE_ANCHOR_KEYS"]
    assert list(tmp_path.iterdir()) == []


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    wrong = {"XUNGE_DATA": str(tmp_path), "XUNGE_TOKEN_KEYS": "short", "PORT": "http", "XUNGE_ZONE": "Mars/Base"}
    with pytest.raises(settings.SettingsError) as caught:
        settings.from_environment(wrong)
    text = str(caught.value)
    assert all(word in text for word in ("XUNGE_TOKEN_KEYS", "XUNGE_ANCHOR_KEYS", "PORT=http", "XUNGE_ZONE=Mars/Base"))


def test_the_demonstration_makes_its_own_secrets_and_keeps_them(tmp_path: Path) -> None:
    environment = {"XUNGE_DATA": str(tmp_path / "data")}
    first = settings.from_environment(environment, demo=True)
    second = settings.from_environment(environment, demo=True)
    assert first.token_keys == second.token_keys
    assert len(first.token_keys[0]) == 64
    assert (tmp_path / "data" / "demo-secrets.json").stat().st_mode & 0o777 == 0o600


def test_secrets_do_not_show(tmp_path: Path) -> None:
    assert "t" * 32 not in repr(settings.from_environment(KEYS | {"XUNGE_DATA": str(tmp_path)}))


def test_the_oldest_app_is_a_version_and_a_day(tmp_path: Path) -> None:
    here = KEYS | {"XUNGE_DATA": str(tmp_path)}
    assert settings.from_environment(here).oldest_app is None
    made = settings.from_environment(here | {"XUNGE_OLDEST_APP": "1.4.0@2027-01-01"})
    assert made.oldest_app == settings.OldestApp((1, 4, 0), date(2027, 1, 1))
    for wrong in ("1.4", "1.4@soon", "one@2027-01-01", "@2027-01-01"):
        with pytest.raises(settings.SettingsError, match="XUNGE_OLDEST_APP"):
            settings.from_environment(here | {"XUNGE_OLDEST_APP": wrong})


def test_the_gateway_is_for_this_machine_alone_unless_told_otherwise(tmp_path: Path) -> None:
    here = KEYS | {"XUNGE_DATA": str(tmp_path)}
    made = settings.from_environment(here)
    assert (made.gateway_host, made.gateway_port, made.gateway_connections) == ("127.0.0.1", 9212, 10_000)
    made = settings.from_environment(here | {"XUNGE_GATEWAY_HOST": "0.0.0.0", "XUNGE_GATEWAY_METRICS_PORT": "9213"})
    assert (made.gateway_host, made.gateway_metrics_port) == ("0.0.0.0", 9213)
    with pytest.raises(settings.SettingsError, match="XUNGE_GATEWAY_PORT=0"):
        settings.from_environment(here | {"XUNGE_GATEWAY_PORT": "0"})


def test_the_room_for_uploads_is_in_mebibytes(tmp_path: Path) -> None:
    here = KEYS | {"XUNGE_DATA": str(tmp_path)}
    made = settings.from_environment(here)
    assert (made.upload_quota_mb, made.disk_reserve_mb) == (1024, 1024)
    made = settings.from_environment(here | {"XUNGE_UPLOAD_QUOTA_MB": "64", "XUNGE_DISK_RESERVE_MB": "0"})
    assert (made.upload_quota_mb, made.disk_reserve_mb) == (64, 0)
    with pytest.raises(settings.SettingsError, match="XUNGE_UPLOAD_QUOTA_MB=31"):  # less than one file of the largest
        settings.from_environment(here | {"XUNGE_UPLOAD_QUOTA_MB": "31"})
    with pytest.raises(settings.SettingsError, match="XUNGE_DISK_RESERVE_MB=-1"):
        settings.from_environment(here | {"XUNGE_DISK_RESERVE_MB": "-1"})


def test_where_messages_may_go_is_named(tmp_path: Path) -> None:
    here = KEYS | {"XUNGE_DATA": str(tmp_path)}
    assert settings.from_environment(here).ways.hosts == frozenset()
    made = settings.from_environment(
        here
        | {
            "XUNGE_NOTICE_HOSTS": "Hooks.example.cn, 10.20.0.0/16",
            "XUNGE_ROBOTS": "wecombot=https://wecom.example.gov.cn/",
            "XUNGE_MAIL_SERVER": "mailtos://user:hush@smtp.example.cn",
        }
    )
    assert made.ways.hosts == {"hooks.example.cn"}
    assert [str(network) for network in made.ways.networks] == ["10.20.0.0/16"]
    assert made.ways.robots["wecombot"] == "https://wecom.example.gov.cn"
    assert made.ways.robots["dingtalk"] == "https://oapi.dingtalk.com"
    assert "hush" not in repr(made)
    for name, wrong in {
        "XUNGE_NOTICE_HOSTS": "10.20.0.0/99",
        "XUNGE_ROBOTS": "slack=https://slack.com",
        "XUNGE_MAIL_SERVER": "smtp.example.cn",
    }.items():
        with pytest.raises(settings.SettingsError, match=name):
            settings.from_environment(here | {name: wrong})
