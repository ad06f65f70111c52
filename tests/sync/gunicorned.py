"""gunicorn with two workers over one folder, as in production."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.ports import free_port

APP = """
from pathlib import Path
from media.store import Store
from tests.sync.uploads_house import House, checking

house = House("sqlite:///{folder}/uploads.db")
house.store = checking(Store("{folder}/store"))
house.uploads = house.another_process()
app = house.app()
"""


@contextmanager
def gunicorned(folder: Path) -> Iterator[tuple[str, int]]:
    """Uploads in `folder`: `uploads.db` and `store`. Yields (host, port) when it answers."""
    (folder / "gunicorned_app.py").write_text(APP.format(folder=folder))
    port = free_port()
    arguments = ["-w", "2", "-k", "gthread", "--threads", "4", "--no-control-socket", "-b", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", *arguments, "--preload", "gunicorned_app:app"]
    paths = os.pathsep.join([str(folder), str(Path.cwd())])
    server = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths}, stderr=subprocess.DEVNULL)
    try:
        transport = httpx.HTTPTransport(retries=8)  # waits for the port to open, with growing pauses
        with httpx.Client(transport=transport, trust_env=False) as http:
            http.options(f"http://127.0.0.1:{port}/api/v1/uploads")
        yield "127.0.0.1", port
    finally:
        server.terminate()
        server.wait()


def stored_in(folder: Path) -> list[bytes]:
    """Every finished file."""
    files = (folder / "store" / "original").rglob("*")
    return sorted(file.read_bytes() for file in files if file.is_file())
