"""Styles inside a GeoPackage: QGIS opens the layer coloured by one attribute, labelled by another. SLD for others."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Tree

TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
    description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
"""As QGIS itself makes it."""
OUTLINE = "60,60,60,255"
SPACES = {name: f"http://www.opengis.net/{name}" for name in ("sld", "se", "ogc")}
SLD, SE, OGC = (f"{{{address}}}" for address in SPACES.values())
for _prefix, _address in SPACES.items():
    Tree.register_namespace(_prefix, _address)


@dataclass(frozen=True)
class Style:
    """`by` names the attribute that decides the colour, `label` the one that is written there. `colours` are
    ((value, "red,green,blue,alpha"), …); what has another value takes the last one."""

    by: str
    label: str
    colours: Sequence[tuple[str, str]]
    points: bool


def add(file: Path, layer: str, style: Style) -> None:
    """Put a style beside a layer of a GeoPackage."""
    with closing(sqlite3.connect(file)) as package, package:
        package.execute(TABLE)
        package.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description) VALUES ('', '', ?, 'geom', ?, ?, ?, 1, '')",
            (layer, layer, qml(style), sld(layer, style)),
        )
        package.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)",
            ("layer_styles", "layer_styles"),
        )


def qml(style: Style) -> str:
    """QGIS's own description of a style."""
    root = Tree.Element("qgis", version="3.28", styleCategories="Symbology|Labeling")
    renderer = Tree.SubElement(root, "renderer-v2", type="categorizedSymbol", attr=style.by, forceraster="0")
    categories, symbols = Tree.SubElement(renderer, "categories"), Tree.SubElement(renderer, "symbols")
    for number, (value, colour) in enumerate(style.colours):
        named = {"value": value, "symbol": str(number), "label": value, "render": "true", "type": "string"}
        Tree.SubElement(categories, "category", named)
        _symbol(symbols, str(number), colour, points=style.points)
    labels = Tree.SubElement(Tree.SubElement(root, "labeling", type="simple"), "settings", calloutType="simple")
    Tree.SubElement(labels, "text-style", fieldName=style.label, fontSize="9", textColor=OUTLINE, isExpression="0")
    return Tree.tostring(root, encoding="unicode")


def _symbol(symbols: Tree.Element, name: str, colour: str, *, points: bool) -> None:
    kind, drawn = ("marker", "SimpleMarker") if points else ("fill", "SimpleFill")
    symbol = Tree.SubElement(symbols, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1")
    layer = Tree.SubElement(symbol, "layer", {"class": drawn, "enabled": "1", "locked": "0", "pass": "0"})
    options = Tree.SubElement(layer, "Option", type="Map")
    facts = {"color": colour, "outline_color": OUTLINE, "outline_width": "0.2", "style": "solid"}
    for option, value in (facts | ({"name": "circle", "size": "3"} if points else {})).items():
        Tree.SubElement(options, "Option", name=option, type="QString", value=value)


def sld(layer: str, style: Style) -> str:
    """The same as OGC SLD 1.1, which servers of maps read."""
    root = Tree.Element(f"{SLD}StyledLayerDescriptor", version="1.1.0")
    named = Tree.SubElement(root, f"{SLD}NamedLayer")
    Tree.SubElement(named, f"{SE}Name").text = layer
    user = Tree.SubElement(named, f"{SLD}UserStyle")
    Tree.SubElement(user, f"{SE}Name").text = layer
    rules = Tree.SubElement(user, f"{SE}FeatureTypeStyle")
    for value, colour in style.colours:
        rule = Tree.SubElement(rules, f"{SE}Rule")
        Tree.SubElement(rule, f"{SE}Name").text = value
        if value:
            equal = Tree.SubElement(Tree.SubElement(rule, f"{OGC}Filter"), f"{OGC}PropertyIsEqualTo")
            Tree.SubElement(equal, f"{OGC}PropertyName").text = style.by
            Tree.SubElement(equal, f"{OGC}Literal").text = value
        else:
            Tree.SubElement(rule, f"{SE}ElseFilter")
        _symbolizer(rule, colour, points=style.points)
    text = Tree.SubElement(Tree.SubElement(rules, f"{SE}Rule"), f"{SE}TextSymbolizer")
    Tree.SubElement(Tree.SubElement(text, f"{SE}Label"), f"{OGC}PropertyName").text = style.label
    return Tree.tostring(root, encoding="unicode")


def _symbolizer(rule: Tree.Element, colour: str, *, points: bool) -> None:
    drawn = Tree.SubElement(rule, f"{SE}PointSymbolizer" if points else f"{SE}PolygonSymbolizer")
    if points:
        drawn = Tree.SubElement(Tree.SubElement(drawn, f"{SE}Graphic"), f"{SE}Mark")
        Tree.SubElement(drawn, f"{SE}WellKnownName").text = "circle"
    for part, word, said in (("Fill", "fill", colour), ("Stroke", "stroke", OUTLINE)):
        *rgb, alpha = map(int, said.split(","))
        paint = Tree.SubElement(drawn, f"{SE}{part}")
        for name, value in ((word, "#{:02x}{:02x}{:02x}".format(*rgb)), (f"{word}-opacity", f"{alpha / 255:.2f}")):
            Tree.SubElement(paint, f"{SE}SvgParameter", name=name).text = value
