"""Styles inside a GeoPackage: QGIS opens the layer coloured by one attribute and labelled by another."""

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
            " styleQML, styleSLD, useAsDefault, description) VALUES ('', '', ?, 'geom', ?, ?, '', 1, '')",
            (layer, layer, qml(style)),
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
