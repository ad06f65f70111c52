"""What messages say: data files, one for each family of notices, checked when the program starts.

`texts/alarm.toml` holds a table for each kind of the family: [order] is "alarm.order". Its `zh` and `en` say what to do
and until when; {placeholders} are the facts that whoever sends this kind of notice declares.
"""

import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

FILES = Path(__file__).parent / "texts"
LANGUAGES = ("zh", "en")
LONGEST_TEMPLATE = 400
LONGEST_FACT = 200
LONGEST_MESSAGE_BYTES = 1_900
"""Title, text and number in UTF-8: a WeCom robot takes 2,048 bytes, the others more."""
MOMENT = {"zh": "%m月%d日 %H:%M", "en": "%d %b %H:%M"}
NUMBER = {"zh": "编号 {}", "en": "No. {}"}

Fact = str | tuple[str, str] | datetime | None
"""A text, a text in zh and en, an instant (shown in local time), or nothing (shown as a dash)."""


class TextsError(Exception):
    """Texts that cannot be used; the message names file, kind and reason, one fault a line."""


@dataclass(frozen=True)
class Texts:
    """The templates of every kind, by kind and language. `zone` is that of the times in them."""

    templates: Mapping[str, Mapping[str, str]]
    zone: ZoneInfo

    def says(self, kind: str) -> bool:
        """Does this kind of notice leave the app at all?"""
        return kind in self.templates

    def text(self, kind: str, language: str, facts: Mapping[str, Fact]) -> str:
        """The text of a message, without its title."""
        said = {name: self._said(fact, language) for name, fact in facts.items()}
        return self.templates[kind][language].format_map(said)

    def _said(self, fact: Fact, language: str) -> str:
        if fact is None:
            return "—"
        if isinstance(fact, datetime):
            return fact.astimezone(self.zone).strftime(MOMENT[language])
        return shortened(fact if isinstance(fact, str) else fact[LANGUAGES.index(language)], LONGEST_FACT)


def letter(title: str, text: str, number: uuid.UUID, language: str) -> str:
    """The whole message. The number is its own: who gets the same one twice sees that it is one message."""
    closing = "\n" + NUMBER[language].format(number.hex[-8:])
    room = LONGEST_MESSAGE_BYTES - len(closing.encode())
    whole = f"{title}\n{text}"
    return (whole if len(whole.encode()) <= room else _cut(whole, room)) + closing


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[: most_bytes - len("…".encode())].decode(errors="ignore") + "…"


def shortened(text: str, longest: int) -> str:
    """At most so many characters, with a sign that there were more."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def load(known: Mapping[str, frozenset[str]], zone: ZoneInfo, folder: Path = FILES) -> Texts:
    """Read every file. `known`: for each kind of notice the facts that may stand in its texts. Raises TextsError."""
    templates: dict[str, Mapping[str, str]] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            faults.append(f"{path}: {error}")
            continue
        for name, table in tables.items():
            kind = f"{path.stem}.{name}"
            faults += [f"{path}: {name}: {fault}" for fault in _faults(kind, table, known)]
            templates[kind] = table
    faults += [f"{folder}: {kind}: there is no text" for kind in sorted(known.keys() - templates.keys())]
    if faults:
        raise TextsError("\n".join(faults))
    return Texts(templates, zone)


def _faults(kind: str, table: object, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    if kind not in known:
        yield "no notice of this kind is ever sent"
    elif not isinstance(table, dict) or set(table) != set(LANGUAGES):
        yield "must have zh and en, nothing else"
    else:
        for language in LANGUAGES:
            for fault in _faults_of_template(table[language], known[kind]):
                yield f"{language}: {fault}"


def _faults_of_template(template: object, facts: Iterable[str]) -> Iterator[str]:
    if not isinstance(template, str) or not 0 < len(template) <= LONGEST_TEMPLATE:
        yield f"must be a text of 1 to {LONGEST_TEMPLATE} characters"
        return
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        yield str(error)
        return
    for _, name, spec, conversion in parts:
        if name is not None and (name not in facts or spec or conversion):
            yield f"unknown placeholder {{{name}}}; known are {', '.join(sorted(facts))}"
