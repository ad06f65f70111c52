"""A server in a process of its own, on Monday nine o'clock: GDAL holds its process up while it waits for an answer.

`python -m tests.backend.gis.serving URL FOLDER PORT`; what was asked stands in FOLDER/asked.
"""

import sys
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from backend.app import create_app
from backend.core import clock
from tests.backend.cast import MONDAY
from tests.backend.conftest import settings_of


def main(url: str, folder: Path, port: int) -> None:
    asked = (folder / "asked").open("w", buffering=1)

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            asked.write(f"{self.path}\n")

    with clock.frozen(MONDAY):
        app = create_app(settings_of(url, folder))
        make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
