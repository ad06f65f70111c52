"""A geometry column: PostGIS where there is one, well-known binary on SQLite; shapely objects on both."""

from typing import Any

import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry as PostgisGeometry
from geoalchemy2.elements import WKBElement
from shapely.geometry.base import BaseGeometry
from sqlalchemy.engine import Dialect

SRID = 4326


class PostgisMissing(Exception):
    """The database cannot hold geometries; the message says what to do."""


def refuse_without_postgis(connection: sa.Connection) -> None:
    """Raise PostgisMissing on a PostgreSQL without the extension, which only its administrator can create."""
    if connection.dialect.name != "postgresql":
        return
    if not connection.scalar(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")):
        raise PostgisMissing("the database has no PostGIS: let its administrator run CREATE EXTENSION postgis there")


class Geometry(sa.TypeDecorator[BaseGeometry]):
    """WGS 84 longitude and latitude. Bind a shapely object, read one back."""

    impl = sa.LargeBinary
    cache_ok = True
    # GeoAlchemy2's hooks read these from whatever stands in the column.
    spatial_index = False
    use_N_D_index = False  # noqa: N815

    def load_dialect_impl(self, dialect: Dialect | None) -> Any:
        if dialect is not None and dialect.name == "postgresql":
            return dialect.type_descriptor(PostgisGeometry("GEOMETRY", srid=SRID, spatial_index=False))
        return sa.LargeBinary()

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        wkb = shapely.to_wkb(value)
        return WKBElement(wkb, srid=SRID) if dialect.name == "postgresql" else wkb

    def process_result_value(self, value: Any, dialect: Dialect) -> BaseGeometry | None:
        if value is None:
            return None
        return shapely.from_wkb(bytes(value.data) if isinstance(value, WKBElement) else value)
