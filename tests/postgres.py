"""A PostgreSQL cluster of the test run's own: made in a temporary folder, reached through a socket, gone at the end."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests import memory

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
HURRY = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off "
    "-c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=256MB"
)


class PostgresMissing(RuntimeError):
    """PostgreSQL or PostGIS is not installed; the message says which package to install."""


class Cluster:
    """One server for tests and benchmarks; only a `durable` one has a disk, waits for it and tidies up, as production.

    PostgreSQL refuses to run as root, so root becomes `postgres`.
    """

    def __init__(self, durable: bool = False) -> None:
        if not BINARIES:
            raise PostgresMissing("no PostgreSQL found: apt-get install postgresql-15-postgis-3")
        self.bin = BINARIES[0]
        self.hurry = "" if durable else HURRY
        self.folder = Path(tempfile.mkdtemp(prefix="xunge-pg-", dir=None if durable else memory.folder()))
        self.prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.prefix:
            shutil.chown(self.folder, "postgres", "postgres")

    def start(self) -> None:
        self._run(
            "initdb", "-D", f"{self.folder}/data", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"
        )
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' {self.hurry} "
            "-c max_connections=200 -c jit=off"
        )
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-o", options, "-l", f"{self.folder}/log", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return socket_url(str(self.folder), database)

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes to a file: a server that inherited our pipe would keep us waiting for its end.
        with tempfile.TemporaryFile() as output:
            command = [*self.prefix, str(self.bin / program), *arguments]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False)
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program} failed: {output.read().decode(errors='replace')}")


def socket_url(folder: str, database: str) -> str:
    return f"postgresql+psycopg://postgres@/{database}?host={folder}"
