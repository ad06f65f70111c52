"""tus 1.0.0 on the wire: headers and codes, with Flask's client."""

import base64
import gzip
import hashlib

import pytest
from flask.testing import FlaskClient

from tests.sync.uploads.wire import BYTES, ME, UPLOADS, create, patch
from tests.sync.uploads_house import MIB, PICTURE, SMALL, House, metadata, sha256_of


def test_options_tells_strangers_what_is_spoken(client: FlaskClient) -> None:
    for path in (UPLOADS, create(client).location):
        answer = client.options(path)
        assert (answer.status_code, answer.headers["Tus-Resumable"]) == (204, "1.0.0")
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Max-Size"] == str(32 * MIB)
        assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,checksum,expiration,termination"
        assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_create_send_and_look(client: FlaskClient, house: House) -> None:
    created = create(client)
    assert created.status_code == 201
    assert created.headers["Location"].startswith("/api/v1/uploads/")
    assert created.headers["Upload-Expires"] == "Sun, 29 Nov 2026 01:00:00 GMT"
    sent = patch(client, created.location, SMALL[:1000])
    assert (sent.status_code, sent.headers["Upload-Offset"]) == (204, "1000")
    looked = client.head(created.location, headers=ME)
    assert (looked.status_code, looked.headers["Upload-Offset"]) == (200, "1000")
    assert (looked.headers["Upload-Length"], looked.headers["Cache-Control"]) == (str(len(SMALL)), "no-store")
    done = patch(client, created.location, SMALL[1000:], 1000)
    assert (done.status_code, done.headers["Upload-Offset"]) == (204, str(len(SMALL)))
    assert house.store.files == {sha256_of(SMALL): SMALL}


def test_creation_with_upload(client: FlaskClient, house: House) -> None:
    created = create(client, headers=BYTES, data=SMALL)
    assert (created.status_code, created.headers["Upload-Offset"]) == (201, str(len(SMALL)))
    assert house.store.files == {sha256_of(SMALL): SMALL}


def test_pictures_are_known_by_their_hash_whatever_they_are_called(client: FlaskClient, house: House) -> None:
    names = [base64.b64encode(name.encode()).decode() for name in ("IMG_0001.jpg", "现场 (2).JPG")]
    said = [{"Upload-Metadata": f"filename {name},{metadata(SMALL)}"} for name in names]
    first, again = (create(client, headers=one) for one in said)
    assert first.location == again.location
    patch(client, first.location, SMALL)
    assert house.store.files == {sha256_of(SMALL): SMALL}


def test_creation_again_answers_with_the_old_upload_and_its_offset(client: FlaskClient) -> None:
    first = create(client, headers=BYTES, data=SMALL[:70])
    again = create(client, headers=BYTES, data=SMALL)
    assert (again.status_code, again.location) == (201, first.location)
    assert again.headers["Upload-Offset"] == "70"


def test_wrong_bytes_are_422_and_the_upload_is_gone(client: FlaskClient) -> None:
    place = create(client).location
    answer = patch(client, place, b"x" * len(SMALL))
    assert (answer.status_code, answer.json["code"]) == (422, "hash_mismatch")
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert client.head(place, headers=ME).status_code == 404


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_right_checksum_is_taken(client: FlaskClient, house: House, algorithm: str) -> None:
    digest = base64.b64encode(hashlib.new(algorithm, PICTURE).digest()).decode()
    answer = patch(client, create(client, PICTURE).location, PICTURE, Upload_Checksum=f"{algorithm} {digest}")
    assert answer.status_code == 204
    assert house.store.files[sha256_of(PICTURE)] == PICTURE


def test_a_wrong_checksum_is_460_and_nothing_is_kept(client: FlaskClient, house: House) -> None:
    place = create(client, PICTURE).location
    digest = base64.b64encode(hashlib.sha1(b"other").digest()).decode()
    answer = patch(client, place, PICTURE[: 2 * MIB], Upload_Checksum=f"sha1 {digest}")
    assert (answer.status_code, answer.json["code"]) == (460, "checksum_mismatch")
    assert client.head(place, headers=ME).headers["Upload-Offset"] == "0"
    assert house.store.objects == {}


@pytest.mark.parametrize("checksum", ["md5 AAAA", "sha1 ***", "sha1", "sha256 AAAA", "sha1 \xe9"])
def test_a_checksum_that_is_not_understood_is_400(client: FlaskClient, checksum: str) -> None:
    answer = patch(client, create(client).location, SMALL, Upload_Checksum=checksum)
    assert (answer.status_code, answer.json["header"]) == (400, "Upload-Checksum")


def test_termination(client: FlaskClient) -> None:
    place = create(client).location
    assert client.delete(place, headers=ME).status_code == 204
    assert client.head(place, headers=ME).status_code == 404


def test_expiration(client: FlaskClient, house: House) -> None:
    place = create(client).location
    house.later(days=8)
    assert patch(client, place, SMALL).status_code == 404


def test_methods_may_be_named_in_a_header(client: FlaskClient) -> None:
    place = create(client).location
    headers = ME | BYTES | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert client.post(place, data=SMALL, headers=headers).headers["Upload-Offset"] == str(len(SMALL))
    assert client.post(place, headers=ME | {"X-HTTP-Method-Override": "BREW"}).status_code == 400


def test_another_offset_is_409(client: FlaskClient) -> None:
    answer = patch(client, create(client).location, SMALL, 5)
    assert (answer.status_code, answer.json["code"], answer.json["upload_offset"]) == (409, "offset_conflict", 0)


def test_other_media_types_are_415(client: FlaskClient) -> None:
    answer = patch(client, create(client).location, SMALL, Content_Type="image/jpeg")
    assert (answer.status_code, answer.json["code"]) == (415, "upload_media_type")


def test_packed_bytes_are_415_and_no_bytes_of_the_file(client: FlaskClient) -> None:
    place, packed = create(client).location, {"Content-Encoding": "gzip"}
    answer = client.patch(place, data=gzip.compress(SMALL), headers=ME | BYTES | packed | {"Upload-Offset": "0"})
    assert (answer.status_code, answer.json["code"]) == (415, "upload_media_type")
    assert client.head(place, headers=ME).headers["Upload-Offset"] == "0"
    plain = ME | BYTES | {"Upload-Offset": "0", "Content-Encoding": "identity"}
    assert client.patch(place, data=SMALL, headers=plain).headers["Upload-Offset"] == str(len(SMALL))


@pytest.mark.parametrize("version", [None, "0.2.2"])
def test_other_versions_are_412(client: FlaskClient, version: str | None) -> None:
    headers = {"Authorization": "aigul"} | ({"Tus-Resumable": version} if version else {})
    answer = client.post(UPLOADS, headers=headers)
    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"Upload-Length": ""}, "Upload-Length"),
        ({"Upload-Length": "0"}, "Upload-Length"),
        ({"Upload-Length": "-1"}, "Upload-Length"),
        ({"Upload-Length": "٣"}, "Upload-Length"),
        ({"Upload-Length": "9" * 19}, "Upload-Length"),
        ({"Upload-Defer-Length": "1"}, "Upload-Length"),
        ({"Upload-Metadata": ""}, "Upload-Metadata"),
        ({"Upload-Metadata": "sha256 ???"}, "Upload-Metadata"),
        ({"Upload-Metadata": "sha256 " + base64.b64encode(b"A" * 64).decode()}, "Upload-Metadata"),
        ({"Upload-Metadata": "sha256 /w=="}, "Upload-Metadata"),
        ({"Upload-Metadata": "sha256 \xff"}, "Upload-Metadata"),
        ({"Upload-Metadata": metadata(SMALL, "no media type\n")}, "Upload-Metadata"),
    ],
)
def test_malformed_headers_are_named(client: FlaskClient, headers: dict[str, str], named: str) -> None:
    answer = create(client, headers={key: value.encode().decode("latin-1") for key, value in headers.items()})
    assert (answer.status_code, answer.json["code"], answer.json["header"]) == (400, "bad_upload", named)


def test_a_file_over_the_limit_is_413(client: FlaskClient) -> None:
    answer = create(client, headers={"Upload-Length": str(32 * MIB + 1)})
    assert (answer.status_code, answer.json["code"]) == (413, "upload_too_large")


def test_a_file_of_exactly_the_limit_is_taken(client: FlaskClient, house: House) -> None:
    content = b"\xff" * (32 * MIB)
    assert patch(client, create(client, content).location, content).status_code == 204
    assert (list(house.store.files), house.store.largest) == ([sha256_of(content)], MIB)


def test_the_outsider_is_refused(client: FlaskClient) -> None:
    place = create(client).location
    for answer in (
        client.head(place, headers=ME | {"Authorization": "bolat"}),
        patch(client, place, SMALL, Authorization="bolat"),
        client.delete(place, headers=ME | {"Authorization": "bolat"}),
    ):
        assert answer.status_code == 404
    assert create(client, headers={"Authorization": "nobody"}).status_code == 401


def test_an_expired_session_in_mid_upload_loses_nothing(client: FlaskClient) -> None:
    place = create(client).location
    patch(client, place, SMALL[:1000])
    assert patch(client, place, SMALL[1000:], 1000, Authorization="expired").status_code == 401
    assert patch(client, place, SMALL[1000:], 1000).headers["Upload-Offset"] == str(len(SMALL))
