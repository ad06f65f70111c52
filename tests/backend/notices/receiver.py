"""Somebody at the other end: a real HTTP server that keeps what it gets and answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, bytes]
OK: Answer = (200, b'{"errcode": 0, "code": 0}')


@dataclass(frozen=True)
class Call:
    path: str
    query: dict[str, list[str]]
    body: dict[str, Any]


@dataclass
class Receiver:
    """`answers` are given in turn, the last one for ever; None closes the connection without a word."""

    port: int = 0
    answers: list[Answer | None] = field(default_factory=lambda: [OK])
    calls: list[Call] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    """Done when a call has been read, before it is answered."""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_answer(self) -> Answer | None:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver, turn = Receiver(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with turn:
                receiver.calls.append(Call(parts.path, parse_qs(parts.query), body))
                answer = receiver.next_answer()
            receiver.before()
            if answer is None:
                return
            status, said = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            if status in (301, 302, 307):
                self.send_header("Location", f"{receiver.base}/elsewhere")
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
