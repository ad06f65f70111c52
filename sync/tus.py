"""tus 1.0.0 over Flask: core, creation, creation-with-upload, checksum, expiration, termination.

A thin skin over `Uploads`. Differences from a plain tus server are all in creation: it needs `Upload-Metadata` with
`sha256` (hex), and for a hash that the device has begun it answers with the old upload and its `Upload-Offset`.
"""

import base64
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from werkzeug.wsgi import get_input_stream

from sync.catalog import Device
from sync.checksums import ALGORITHMS, Checksum
from sync.upload_errors import BadUpload, TusVersion, UploadMediaType
from sync.upload_limits import AT_ONCE, Places
from sync.upload_parts import PART_SIZE
from sync.upload_rows import Upload
from sync.uploads import Uploads

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
BYTES = "application/offset+octet-stream"
SHA256 = re.compile(r"[0-9a-f]{64}")
MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}")


def uploads_blueprint(
    uploads: Uploads, current_device: Callable[[], Device], name: str = "uploads", at_once: int = AT_ONCE
) -> Blueprint:
    """The protocol as a blueprint; the application gives the URL prefix and turns SyncError into answers.

    `current_device` says who is asking, or raises; it is not asked for OPTIONS. Of requests that bring bytes `at_once`
    are served, the next is refused before its body is read.
    """
    blueprint = Blueprint(name, __name__)
    parts = uploads, current_device, Places(at_once)
    blueprint.add_url_rule("", view_func=UploadList.as_view("list", *parts), provide_automatic_options=False)
    blueprint.add_url_rule("/<uuid:upload_id>", view_func=OneUpload.as_view("one", *parts))
    blueprint.before_request(_speak_the_version)
    blueprint.after_request(_name_the_version)
    return blueprint


class TusView(MethodView):
    """What both paths share."""

    init_every_request = False

    def __init__(self, uploads: Uploads, current_device: Callable[[], Device], places: Places) -> None:
        self.uploads = uploads
        self.current_device = current_device
        self.places = places

    def options(self, upload_id: uuid.UUID | None = None) -> ResponseReturnValue:
        """What is spoken here. Nobody need be signed in."""
        return "", 204, _abilities(self.uploads)

    @contextmanager
    def body(self) -> Iterator[tuple[Iterator[bytes], Checksum | None]]:
        """The request's bytes and what they are to be checked against, while one of the places is taken.

        Packed ones are refused: offsets and hashes are those of the file.
        """
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UploadMediaType
        header = request.headers.get("Upload-Checksum")
        checksum = Checksum(header) if header else None
        with self.places.one():
            yield _pieces(), checksum


class UploadList(TusView):
    def post(self) -> ResponseReturnValue:
        """Creation; with a body, the first bytes too."""
        device = self.current_device()
        if "Upload-Defer-Length" in request.headers or "Upload-Concat" in request.headers:
            raise BadUpload(header="Upload-Length")
        sha256, media_type = _promised()
        file = sha256, _count("Upload-Length", least=1), media_type
        if request.mimetype == BYTES:
            with self.body() as (body, checksum):
                upload = self.uploads.begin_with(device, *file, body, checksum)
        else:
            upload = self.uploads.begin(device, *file)
        return "", 201, {"Location": url_for(".one", upload_id=upload.id)} | _progress(upload)


class OneUpload(TusView):
    def head(self, upload_id: uuid.UUID) -> ResponseReturnValue:
        upload = self.uploads.resume(self.current_device(), upload_id)
        return "", 200, {"Upload-Length": str(upload.size), "Cache-Control": "no-store"} | _progress(upload)

    def patch(self, upload_id: uuid.UUID) -> ResponseReturnValue:
        device = self.current_device()
        if request.mimetype != BYTES:
            raise UploadMediaType
        offset = _count("Upload-Offset", least=0)
        with self.body() as (body, checksum):
            upload = self.uploads.append(device, upload_id, offset, body, checksum)
        return "", 204, _progress(upload)

    def delete(self, upload_id: uuid.UUID) -> ResponseReturnValue:
        self.uploads.remove(self.current_device(), upload_id)
        return "", 204

    def post(self, upload_id: uuid.UUID) -> ResponseReturnValue:
        """For clients that can send GET and POST only: the method is named in a header."""
        verb = request.headers.get("X-HTTP-Method-Override", "").upper()
        views = {"HEAD": self.head, "PATCH": self.patch, "DELETE": self.delete}
        if verb not in views:
            raise BadUpload(header="X-HTTP-Method-Override")
        return views[verb](upload_id)


def _speak_the_version() -> None:
    spoken = request.headers.get("Tus-Resumable")
    if request.method != "OPTIONS" and spoken != VERSION:
        raise TusVersion(headers={"Tus-Version": VERSION}, supported=VERSION)


def _name_the_version(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    return response


def _abilities(uploads: Uploads) -> dict[str, str]:
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(uploads.max_size),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def _progress(upload: Upload) -> dict[str, str]:
    expires = format_datetime(upload.expires_at, usegmt=True)
    return {"Upload-Offset": str(upload.offset), "Upload-Expires": expires}


def _count(header: str, least: int) -> int:
    """A whole number from a header; eighteen digits are more than any file has bytes."""
    value = request.headers.get(header, "")
    if not re.fullmatch(r"[0-9]{1,18}", value) or int(value) < least:
        raise BadUpload(header=header)
    return int(value)


def _promised() -> tuple[str, str]:
    """SHA-256 and media type from `Upload-Metadata`; other keys are nothing to us."""
    said = dict(_metadata(request.headers.get("Upload-Metadata", "")))
    sha256, media_type = said.get("sha256", ""), said.get("filetype", "application/octet-stream")
    if not SHA256.fullmatch(sha256) or not MEDIA_TYPE.fullmatch(media_type):
        raise BadUpload(header="Upload-Metadata")
    return sha256, media_type


def _metadata(header: str) -> Iterator[tuple[str, str]]:
    for pair in header.split(","):
        key, _, encoded = pair.strip().partition(" ")
        try:
            yield key, base64.b64decode(encoded, validate=True).decode()
        except ValueError:  # of base64, of UTF-8, or no ASCII to begin with
            raise BadUpload(header="Upload-Metadata") from None


def _pieces() -> Iterator[bytes]:
    """The request's body until it ends, or until the connection does: what came before that counts. How much there may
    be of it the upload says, and no limit of the application's."""
    stream = get_input_stream(request.environ)
    try:
        while piece := stream.read(PART_SIZE):
            yield piece
    except Exception:  # each server has its own way to say that the client has gone (OSError, a parser's error, …)
        return
