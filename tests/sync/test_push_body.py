"""The body of a push: packed, malformed, too large, and read before any transaction."""

import gzip
import io
import tracemalloc
from typing import Any

import orjson
import pytest
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import IterUnreader

from tests.sync.house import VILLAGE, House
from tests.sync.phone import Phone


def test_gzip_is_welcome_and_its_unpacked_size_counts(house: House) -> None:
    aynur = house.phone(VILLAGE)
    body = orjson.dumps({"operations": [aynur.make(title="packed")]})
    assert aynur.send(gzip.compress(body), **{"Content-Encoding": "gzip"}).status_code == 200
    assert house.titles() == ["packed"]
    bomb = gzip.compress(b" " * (2 * 1024 * 1024 + 1))
    assert aynur.send(bomb, **{"Content-Encoding": "gzip"}).json["code"] == "too_large"
    for broken in (gzip.compress(body)[:-9], gzip.compress(body) + b"no gzip", b"no gzip", b""):
        answer = aynur.send(broken, **{"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.json["code"]) == (400, "bad_json")


def test_a_body_packed_piece_by_piece_is_one_body(house: House) -> None:
    aynur = house.phone(VILLAGE)
    body = orjson.dumps({"operations": [aynur.make(title="one"), aynur.make(title="two")]})
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    packed = b"".join(gzip.compress(piece) for piece in [*pieces, b""])
    answer = aynur.send(packed, **{"Content-Encoding": "gzip"})
    assert [result["status"] for result in answer.json["results"]] == ["applied", "applied"]
    assert house.titles() == ["one", "two"]
    cut = b"".join(gzip.compress(piece) for piece in pieces)[:-1]
    assert aynur.send(cut, **{"Content-Encoding": "gzip"}).json["code"] == "bad_json"


def test_however_a_bomb_is_packed_it_does_not_go_off(house: House) -> None:
    aynur, most = house.phone(VILLAGE), 2 * 1024 * 1024
    for bomb, code in (
        (gzip.compress(b" " * (most // 2)) * 2 + gzip.compress(b" "), "too_large"),
        (gzip.compress(b" " * most) * 1000, "too_large"),
        (gzip.compress(b"") * (most // 21), "bad_json"),
    ):
        tracemalloc.start()
        assert aynur.send(bomb, **{"Content-Encoding": "gzip"}).json["code"] == code
        assert tracemalloc.get_traced_memory()[1] < 8 * most
        tracemalloc.stop()


def cut_short(aynur: Phone, whole: bytes, came: bytes, **headers: str) -> Any:
    """A push of which the line brought only `came`, as gunicorn hands it on."""
    body = Body(LengthReader(IterUnreader([came]), len(whole)))
    line = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(whole))}
    return aynur.http.post("/sync/push", headers=aynur.headers | headers, environ_overrides=line)


def test_a_push_cut_short_is_refused_though_what_came_could_be_read(house: House) -> None:
    aynur = house.phone(VILLAGE)
    body = orjson.dumps({"operations": [aynur.make(title="cut")]})
    packed = {"Content-Encoding": "gzip"}
    for whole, came, headers in (
        (body + b"\n\n", body, {}),
        (body + b"\n\n", body + b"\n", {}),
        (body, body[:-1], {}),
        (gzip.compress(body) + gzip.compress(b"\n"), gzip.compress(body), packed),
    ):
        answer = cut_short(aynur, whole, came, **headers)
        assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (400, "bad_json", "broken off")
    assert house.titles() == []
    assert cut_short(aynur, body, body).status_code == 200
    assert house.titles() == ["cut"]


BAD_BODIES = [
    (b"", 400, "bad_json"),
    (b"{", 400, "bad_json"),
    (b'{"operations": [NaN]}', 400, "bad_json"),
    (b"\xff\xfe", 400, "bad_json"),
    (b"[" * 100_000, 400, "bad_json"),
    (b'{"operations":[' + b"[" * 1015 + b"]" * 1015 + b"]}", 400, "bad_json"),
    (b"[]", 400, "bad_push"),
    (b"{}", 400, "bad_push"),
    (b'{"operations": {}}', 400, "bad_push"),
    (b'{"operations": [], "head": 5}', 400, "bad_push"),
    (b'{"operations": [], "head": {"sequence": "1", "hash": "x"}}', 400, "bad_push"),
    (b'{"operations": [], "head": {"sequence": 1, "hash": "x"}}', 400, "bad_push"),
    (b'{"operations": [], "extra": 1}', 422, "unknown_field"),
    (b'{"operations": [' + b"{}," * 500 + b"{}]}", 413, "too_many_operations"),
    (b" " * (2 * 1024 * 1024 + 1), 413, "too_large"),
]


@pytest.mark.parametrize("number", [b"1e999", b"9" * 5000])
def test_a_number_beyond_all_bounds_refuses_its_operation_alone(house: House, number: bytes) -> None:
    aynur = house.phone(VILLAGE)
    sound, vast = aynur.make(title="sound"), aynur.make(title="vast", more=31337)
    body = orjson.dumps({"operations": [sound, vast]}).replace(b"31337", number)
    for first, second in (("applied", "rejected"), ("duplicate", "duplicate")):
        results = orjson.loads(aynur.send(body).data)["results"]
        assert [result["status"] for result in results] == [first, second]
    with house.database.transaction(write=False) as session:
        [kept] = house.sync.inbox(session)
        assert (kept.code, "vast" in str(house.sync.inbox_entry(session, kept.key))) == ("operation_invalid", True)


def test_a_body_refused_as_a_whole_has_stored_nothing(house: House) -> None:
    aynur = house.phone(VILLAGE)
    before = house.database.commits
    for body, status, code in BAD_BODIES:
        answer = aynur.send(body)
        assert (answer.status_code, answer.json["code"]) == (status, code), body[:80]
    assert house.database.commits == before


def test_no_transaction_is_open_while_a_body_is_read(house: House) -> None:
    in_use = []

    class Body(io.BytesIO):
        """Tells how many connections are in use at the moment it is read."""

        def readinto(self, buffer: Any) -> int:
            in_use.append(house.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            return super().readinto(buffer)

        def read(self, size: int | None = -1) -> bytes:
            in_use.append(house.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            return super().read(size)

    aynur = house.phone(VILLAGE)
    content = orjson.dumps({"operations": [aynur.make(title="read first")]})
    answer = aynur.http.post("/sync/push", input_stream=Body(content), headers=aynur.headers)
    assert answer.status_code == 200
    assert in_use
    assert set(in_use) == {0}
    assert house.titles() == ["read first"]
