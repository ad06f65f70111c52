"""`python -m tests.bench.bare_gateway PORT DATABASE`: the least that could acknowledge lines after a group commit.

Every line goes into one table as it came, up to 200 or 50 ms of them in one commit, and back to who sent it. DATABASE
is a file of SQLite or the address of a database of PostgreSQL.
"""

import asyncio
import sqlite3
import sys
from typing import Any

import psycopg

MOST, GATHER_S = 200, 0.05
Waiting = list[tuple[bytes, asyncio.StreamWriter]]


def opened(database: str) -> tuple[Any, str, str]:
    """(connection, the mark of a parameter, how a transaction begins)"""
    if database.startswith("postgresql:"):
        return psycopg.connect(database, autocommit=True), "%s", "BEGIN"
    connection = sqlite3.connect(database, isolation_level=None, timeout=60)
    connection.execute("PRAGMA synchronous=FULL")
    return connection, "?", "BEGIN IMMEDIATE"


async def main(port: int, database: str) -> None:
    connection, mark, begin = opened(database)
    waiting: Waiting = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            waiting.append((line, writer))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024):
        while True:
            await asyncio.sleep(GATHER_S if len(waiting) < MOST else 0)
            if group := waiting[:MOST]:
                del waiting[:MOST]
                cursor = connection.cursor()
                cursor.execute(begin)
                cursor.executemany(f"INSERT INTO frames VALUES ({mark})", [(line,) for line, _ in group])
                cursor.execute("COMMIT")
                for line, writer in group:
                    writer.write(line)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
