"""Why a file of boundaries was not read."""

from geo.errors import GeoError


class NotGisFileError(GeoError):
    """Neither GeoPackage, zipped Shapefile, GeoJSON, FlatGeobuf nor KML, by its first bytes, not by its name."""

    code = "not_a_gis_file"
    zh = "不是可读的边界文件。可用 GeoPackage、压缩成 zip 的 Shapefile、GeoJSON、FlatGeobuf 或 KML。"
    en = "This is no file of boundaries: give a GeoPackage, a zipped Shapefile, GeoJSON, FlatGeobuf or KML."


class TooLargeToReadError(GeoError):
    """`facts["what"]` is bytes, unpacked_bytes, entries, features or vertices; `facts["most"]` the limit."""

    code = "gis_file_too_large"
    status = 413
    zh = "文件超过允许的大小（字节数、压缩包内文件数、要素数或顶点数）。"
    en = "The file has more bytes, entries, features or vertices than allowed."


class TooCostlyError(GeoError):
    """Reading took longer than `facts["seconds"]`, or more memory than the server gives to a file."""

    code = "gis_file_too_costly"
    zh = "读取文件所需的时间或内存超过限制，已停止。"
    en = "Reading the file took more time or memory than allowed; it was stopped."


class UnreadableFileError(GeoError):
    """It begins like a known format and breaks off, or brings the reader down."""

    code = "gis_file_unreadable"
    zh = "文件已损坏或内容不完整，无法读取。"
    en = "The file is damaged or incomplete and cannot be read."


class BadArchiveError(GeoError):
    """A zip that is broken, encrypted, or made to harm; `facts["entry"]` names the entry, where it is one."""

    code = "bad_archive"
    zh = "压缩包已损坏、已加密，或内容不安全。"
    en = "The zip archive is broken, encrypted or unsafe."


class IncompleteShapefileError(GeoError):
    """`facts["missing"]` lists the endings of the files that are not in the archive."""

    code = "shapefile_incomplete"
    zh = "Shapefile 不完整：.shp、.shx 和 .dbf 要放在同一个压缩包里。"
    en = "The Shapefile is incomplete: .shp, .shx and .dbf belong into the archive together."


class GeoPackageWithCodeError(GeoError):
    """Views, foreign triggers or virtual tables, which could run code: `facts["names"]`. Export the layer anew."""

    code = "geopackage_with_code"
    zh = "GeoPackage 中含有视图、触发器或虚拟表，不予读取；请把图层另存为新的 GeoPackage。"
    en = "The GeoPackage holds views, triggers or virtual tables; save the layer to a new GeoPackage."


class SeveralLayersError(GeoError):
    """`facts["layers"]` lists them; ask again with one of them."""

    code = "several_layers"
    zh = "文件中有多个图层，请指明其中一个。"
    en = "The file has several layers: name one of them."


class NoSuchLayerError(GeoError):
    """`facts["layers"]` lists those that are there: none, perhaps."""

    code = "no_such_layer"
    zh = "文件中没有这个图层，或没有任何空间图层。"
    en = "The file has no such layer, or none with shapes."


class UnreadableTextError(GeoError):
    """Text that is neither UTF-8 nor GBK, or both mixed: `facts["at"]` lists up to ten records and fields."""

    code = "text_unreadable"
    zh = "文字编码有误或混用（须统一为 UTF-8 或 GBK）。"
    en = "The text is in no known encoding, or encodings are mixed: use UTF-8 or GBK throughout."


EVERY = (
    NotGisFileError,
    TooLargeToReadError,
    TooCostlyError,
    UnreadableFileError,
    BadArchiveError,
    IncompleteShapefileError,
    GeoPackageWithCodeError,
    SeveralLayersError,
    NoSuchLayerError,
    UnreadableTextError,
)
