"""What can go wrong in `geo`: a stable code, the facts a client needs, a sentence in zh-CN and English."""

from typing import Any, ClassVar


class GeoError(Exception):
    """Base of all errors of this library. `facts` are plain JSON values; `status` is what an HTTP server may answer."""

    code: ClassVar[str] = "geo_error"
    status: ClassVar[int] = 422
    zh: ClassVar[str] = "空间数据处理出错。"
    en: ClassVar[str] = "Something is wrong with a place or a shape."

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        super().__init__(detail or self.en)
        self.detail = detail
        self.facts = facts


class MissingDatumError(GeoError):
    """A position came without a datum: it could be hundreds of metres off, so it is refused."""

    code = "no_datum"
    zh = "位置没有注明坐标系（WGS84、CGCS2000 或 GCJ02）。"
    en = "A position must name its datum (WGS84, CGCS2000 or GCJ02)."


class UnknownDatumError(GeoError):
    """A datum that is none of `geo.crs.DATUMS`; `facts["known"]` lists them."""

    code = "unknown_datum"
    zh = "不认识的坐标系。"
    en = "This datum is not known here."


class OutOfRangeError(GeoError):
    """Longitude outside ±180, latitude outside ±90, or not a number; `guess`: the system that a file may be in."""

    code = "coordinates_out_of_range"
    zh = "经纬度超出范围（经度 ±180，纬度 ±90）。"
    en = "Longitude must be within ±180 and latitude within ±90 degrees."


class UnknownZoneError(GeoError):
    """No CGCS2000 3-degree zone covers this longitude."""

    code = "unknown_zone"
    zh = "该经度不在 CGCS2000 三度带范围内。"
    en = "No CGCS2000 3-degree zone covers this longitude."


class MissingSystemError(GeoError):
    """A file came without a declared system: it could be hundreds of metres off, so it is refused."""

    code = "no_crs"
    zh = "文件须声明坐标系（WGS84、CGCS2000、GCJ02 或 EPSG:4513 至 4554）。"
    en = "A file must be declared with its system (WGS84, CGCS2000, GCJ02 or EPSG:4513 to 4554)."


class UnknownSystemError(GeoError):
    """A system that is none of `geo.crs.SYSTEMS`; `facts["known"]` lists them."""

    code = "unknown_crs"
    zh = "不支持所声明的坐标系。"
    en = "The declared system of coordinates is not known here."


class CannotDivideError(GeoError):
    """An area that cannot be divided into so many parts."""

    code = "cannot_divide"
    zh = "该区域无法按要求划分。"
    en = "The area cannot be divided as asked."


class BadGeoJSONError(GeoError):
    """Bytes that are not a GeoJSON FeatureCollection; `facts["at"]` is the path of the faulty place."""

    code = "bad_geojson"
    zh = "不是有效的 GeoJSON 要素集合。"
    en = "This is not a valid GeoJSON FeatureCollection."
