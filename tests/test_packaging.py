"""What is installed from a wheel has its data with it."""

import configparser
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("backend", "sync", "geo", "media")


def test_every_file_that_the_packages_read_is_packed() -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", "utf-8")
    patterns = [pattern.strip() for pattern in config["options.package_data"]["*"].split(",")]
    names = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    data = [path for path in names if path.suffix not in (".py", ".pyc")]
    assert any(path.name == "daily_visit.json" for path in data)
    assert [
        str(path.relative_to(ROOT))
        for path in data
        if not any(fnmatch(path.name, pattern.removeprefix("**/")) for pattern in patterns)
    ] == []
