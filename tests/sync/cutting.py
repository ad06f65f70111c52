"""A line that breaks: a TCP proxy that hangs up after so many bytes of a connection."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.waiting import PATIENCE_S

BLOCK = 16 * 1024


class CuttingLine:
    """Between a client and a server. The first connection that brings `cuts[0]` bytes is cut there, then the first that
    brings `cuts[1]`, and so on; after that the line is good."""

    def __init__(self, server: tuple[str, int], cuts: Sequence[int]) -> None:
        self._server, self._left = server, list(cuts)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.cut = 0
        """How many connections were cut so far."""

    def serve(self) -> None:
        """Until `close`."""
        with suppress(OSError):
            while True:
                self._start(self._carry, self._listener.accept()[0])

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server:
            back = self._start(self._copy_back, server, client)
            brought = 0
            with suppress(OSError):
                while piece := client.recv(BLOCK):
                    brought += len(piece)
                    if self._breaks(brought):
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                        break
                    server.sendall(piece)
            for end in (server, client):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join(PATIENCE_S)

    def _breaks(self, brought: int) -> bool:
        with self._lock:
            if self._left and brought >= self._left[0]:
                self._left.pop(0)
                self.cut += 1
                return True
            return False

    @staticmethod
    def _copy_back(server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while piece := server.recv(BLOCK):
                client.sendall(piece)
            client.shutdown(socket.SHUT_RDWR)  # the server hung up

    def _start(self, work: object, *arguments: socket.socket) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()
        return thread


@contextmanager
def cutting(server: tuple[str, int], cuts: Sequence[int]) -> Iterator[CuttingLine]:
    line = CuttingLine(server, cuts)
    thread = threading.Thread(target=line.serve)
    thread.start()
    try:
        yield line
    finally:
        line.close()
        thread.join(PATIENCE_S)
