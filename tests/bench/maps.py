"""`python -m tests.bench.maps FOLDER`: /ogc/ beside PyPI's pygeoapi, on one table of PostGIS, in turns.

FOLDER is a virtual environment of pygeoapi's own, with `pip install pygeoapi gunicorn psycopg2-binary`. Both are served
by gunicorn, two processes of 32 threads. Boxes hold about a hundred grids of the demonstration.
"""

import argparse
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import httpx
from sqlalchemy import select

from backend.auth.models import Person, Post
from backend.core.database import Database
from backend.core.edge import Application
from backend.gis import tokens
from tests.bench.callers import Caller
from tests.bench.houses import POSTGRESQL, House, house
from tests.ports import free_port

ROUNDS, CALLS = 12, 8
WEST, SOUTH, EAST, NORTH = 87.0, 43.8, 89.5, 44.6
HALF_WIDTH, HALF_HEIGHT = 0.5, 0.3
PATHS = ("/ogc/collections/grids/items", "/collections/grids/items")
CONFIGURATION = """
server:
  bind: {{host: 127.0.0.1, port: {port}}}
  url: http://127.0.0.1:{port}
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  gzip: false
  languages: [en-US]
  pretty_print: false
  limits: {{default_items: 100, max_items: 1000}}
  map: {{url: 'http://127.0.0.1', attribution: none}}
logging: {{level: ERROR}}
metadata:
  identification: {{title: x, description: x, keywords: [x], keywords_type: theme, terms_of_service: x, url: 'http://x'}}
  license: {{name: x, url: 'http://x'}}
  provider: {{name: x, url: 'http://x'}}
  contact: {{name: x}}
resources:
  grids:
    type: collection
    title: grids
    description: grids
    keywords: [grids]
    links: []
    extents: {{spatial: {{bbox: [80, 40, 100, 50], crs: 'http://www.opengis.net/def/crs/OGC/1.3/CRS84'}}}}
    providers:
      - type: feature
        name: PostgreSQL
        data: {{host: '{host}', dbname: xunge, user: postgres, password: none, search_path: [public]}}
        id_field: code
        table: grid_boundaries
        geom_field: geometry
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.maps", description=__doc__)
    parser.add_argument("folder", type=Path, help="pygeoapi's virtual environment")
    peer = parser.parse_args().folder
    secret: list[str] = []
    with tempfile.TemporaryDirectory(prefix="xunge-maps-") as folder:

        def furnish(app: Application) -> None:
            secret.append(token_of(app))

        with house(POSTGRESQL, Path(folder) / "house", lambda: None, furnish) as ready:
            with peering(peer, Path(folder), ready) as port:
                theirs = replace(ready, settings=replace(ready.settings, port=port))
                compare([Caller(each, secret[0], {"Accept-Encoding": "identity"}) for each in (ready, theirs)])
            export(ready, secret[0])


def token_of(app: Application) -> str:
    """A token of somebody who may see the whole prefecture."""
    with app.app_context(), app.database.transaction() as session:
        officer = select(Person.id).join(Post).where(Post.role == "officer").limit(1)
        return tokens.issue(session, session.scalars(officer).one(), "bench", 1)[1]


@contextmanager
def peering(peer: Path, folder: Path, ready: House) -> Iterator[int]:
    """pygeoapi on the same database, until the end. Yields its port."""
    port, configuration = free_port(), folder / "pygeoapi.yml"
    database = Database(ready.settings.database_url)
    configuration.write_text(CONFIGURATION.format(port=port, host=database.engine.url.query["host"]))
    database.close()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYGEOAPI_CONFIG": str(configuration), "PYGEOAPI_OPENAPI": str(folder / "openapi.yml")}
    described = [peer / "bin/pygeoapi", "openapi", "generate", configuration, "--output-file", folder / "openapi.yml"]
    subprocess.run(described, env=environment, check=True, capture_output=True)
    threads = ["-w", "2", "-k", "gthread", "--threads", "32", "-b", f"127.0.0.1:{port}"]
    with (folder / "pygeoapi.log").open("wb") as log:
        command = [peer / "bin/gunicorn", *threads, "pygeoapi.flask_app:APP"]
        server = subprocess.Popen(command, env=environment, stderr=log)
    try:
        with httpx.Client(trust_env=False, transport=httpx.HTTPTransport(retries=8)) as waiting:
            waiting.get(f"http://127.0.0.1:{port}/conformance?f=json", timeout=60)
        yield port
    finally:
        server.terminate()
        server.wait()


def compare(callers: Sequence[Caller]) -> None:
    dice, ratios = random.Random(1), []
    for _ in range(ROUNDS + 1):
        boxes = [_box(dice) for _ in range(CALLS)]
        ours, theirs = (ms_each(caller, path, boxes) for caller, path in zip(callers, PATHS, strict=True))
        ratios.append(theirs / ours)
        click.echo(f"/ogc/ {ours:.1f} ms, pygeoapi {theirs:.1f} ms: {ratios[-1]:.1f} times as fast")
    click.echo(f"median without the first round: {statistics.median(ratios[1:]):.1f}")
    click.echo(
        f"of the second half, most grids being known to both processes: {statistics.median(ratios[-ROUNDS // 2 :]):.1f}"
    )


def _box(dice: random.Random) -> str:
    x, y = dice.uniform(WEST, EAST), dice.uniform(SOUTH, NORTH)
    return f"{x - HALF_WIDTH:.4f},{y - HALF_HEIGHT:.4f},{x + HALF_WIDTH:.4f},{y + HALF_HEIGHT:.4f}"


def ms_each(caller: Caller, path: str, boxes: Sequence[str]) -> float:
    started = time.perf_counter()
    for box in boxes:
        caller.get(f"{path}?bbox={box}&limit=100&f=json")
    return (time.perf_counter() - started) / len(boxes) * 1000


def export(ready: House, secret: str) -> None:
    """Seconds for the villages as a GeoPackage, over HTTP."""
    address = f"http://127.0.0.1:{ready.settings.port}/api/v1/exports/grids.gpkg?tier=4"
    for _ in range(3):
        started = time.perf_counter()
        with httpx.Client(trust_env=False, timeout=60, headers={"Authorization": f"Bearer {secret}"}) as http:
            size = len(http.get(address).raise_for_status().content)
        click.echo(f"926 villages as a GeoPackage: {time.perf_counter() - started:.2f} s, {size:,} bytes")


if __name__ == "__main__":
    main()
