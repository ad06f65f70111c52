"""A client of tus, as small as can be."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.sync.uploads_house import SMALL, metadata

UPLOADS = "/api/v1/uploads"
ME = {"Authorization": "aigul", "Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}


def create(client: FlaskClient, content: bytes = SMALL, **more: Any) -> TestResponse:
    headers = ME | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata(content)} | more.pop("headers", {})
    return client.post(UPLOADS, headers=headers, **more)


def patch(client: FlaskClient, place: str, content: bytes, offset: int = 0, **headers: str) -> TestResponse:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(place, data=content, headers=ME | BYTES | {"Upload-Offset": str(offset)} | said)
