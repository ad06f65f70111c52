"""The README is executed: what it promises a reader must happen, in both languages."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent
PICTURE = ROOT / "docs/pictures/rubbish.jpg"
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.S | re.M)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
SLOWEST_START_SECONDS = 300
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "README.zh.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def blocks(name: str) -> list[str]:
    return BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Served:
    """A demonstration that is being served."""

    url: str
    data: Path


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`xunge demo` in a folder and on a port of its own, ready."""
    data = tmp_path_factory.mktemp("demonstration")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "XUNGE_DATA": str(data), "PORT": str(port), "HOST": "127.0.0.1"}
    said = data / "said"
    with (
        said.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "demo"], cwd=ROOT, env=environment, stdout=output, stderr=output
        ) as server,
    ):
        try:
            patience = ["--retry", "999", "--retry-delay", "1", "--retry-max-time", str(SLOWEST_START_SECONDS)]
            asked = ["curl", "-sS", "--fail", "--retry-connrefused", *patience, f"{url}/readyz"]
            ready = subprocess.run(asked, capture_output=True, text=True, check=False)
            assert ready.returncode == 0, ready.stderr + said.read_text()
            yield Served(url, data)
        finally:
            server.terminate()


def test_from_nothing_to_a_report_with_a_picture(demonstration: Served, tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(blocks("README.md"))
    environment = {**os.environ, "SERVER": demonstration.url, "XUNGE_DATA": str(demonstration.data)}
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    picture = sha256(PICTURE.read_bytes()).hexdigest()
    applied = said.index("applied")
    assert json.loads(said[applied + 1]) == [picture]
    assert said[applied + 2] == "duplicate"
    half = PICTURE.stat().st_size // 2
    assert said[applied + 3] == f"{half} of {PICTURE.stat().st_size} bytes are there"
    state, photo, listed, thumb = said[applied + 4 :]
    assert (state, photo, listed) == ("reported", "stored", "on top of the ledger")
    assert Path(thumb).read_bytes().startswith(b"\xff\xd8\xff")


def test_both_languages_give_the_same_calls() -> None:
    assert blocks("README.md")
    assert blocks("README.zh.md") == blocks("README.md")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.S)
    missing = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert not missing
