"""Which column of a file becomes which column of ours: the mapping file, and how it meets a header.

Without a mapping the file carries our own names. A mapping file renames, builds a value from several
columns, adds what is the same in every row, and says how numbers and dates were written::

    [columns]
    external_id = "{SalesOrderNumber}-{SalesOrderLineNumber}"
    partner = "ResellerKey"
    [constants]
    kind = "sale"
    [format]
    decimal = ","
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Keyed
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from engage.activity import dates, dialects
from engage.activity.cells import nearest, zone
from engage.activity.problems import ImportRefused, RowError, Unreadable, refuse

PARTNER_COLUMNS = (
    *("external_id", "name", "email", "organisation", "team"),
    *("region", "type", "joined_on", "left_on", "target", "locale", "timezone"),
)
FACT_COLUMNS = (
    *("external_id", "partner", "kind", "occurred_at", "amount"),
    *("currency", "quantity", "product", "category", "customer"),
)

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_DELIMITERS = {"tab": "\t", "\\t": "\t"} | {mark: mark for mark in dialects.NAMES}
_CODECS = {"utf8": "utf-8", "utf16": "utf-16", "cp1252": "windows-1252", "latin-1": "iso-8859-1"}
_TABLES = ("columns", "constants", "format")


@dataclass(frozen=True, slots=True)
class Format:
    """How the file was written, where it does not say so itself."""

    decimal: str | None = None
    dates: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """``columns`` are targets with a column's name or a template (blank: leave it out, even where the
    file has such a column), ``constants`` targets with a text that every row gets. ``name`` is the mapping file's, for messages."""

    name: str = ""
    columns: Keyed[str, str] = field(default_factory=dict)
    constants: Keyed[str, str] = field(default_factory=dict)
    format: Format = field(default_factory=Format)


NATIVE = Mapping()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a target's values come from: one column, or several joined by a template.

    ``said`` is what a person finds it under in the file; ``template`` suits ``str.format``, with one
    place per index. A ``whole`` one is blank where any of its columns is.
    """

    said: str
    indices: tuple[int, ...]
    template: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping that has met a header: every name resolved. ``ignored`` columns go nowhere."""

    sources: dict[str, Source]
    constants: dict[str, str]
    ignored: list[str]


def load_mapping(path: Path | str) -> Mapping:
    """The mapping in a TOML file. Raises ImportRefused with all that is wrong in it."""
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise refuse(str(path), f"cannot be opened: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse(path.name, f"is not TOML: {error}") from error
    return read_mapping(raw, path.name)


def read_mapping(raw: Keyed[str, Any], name: str = "") -> Mapping:
    """A mapping from plain tables (of a file or a form). Raises ImportRefused."""
    problems: list[RowError] = []
    for table in raw:
        if table not in _TABLES:
            problems.append(_unknown(f"[{table}]", table, _TABLES))
    tables = {}
    for table in _TABLES:
        content = raw.get(table, {})
        if not isinstance(content, Keyed):
            problems.append(
                RowError(0, table, f'is not a table: write [{table}] and key = "value"')
            )
            content = {}
        tables[table] = content
    columns = _texts(tables["columns"], "columns", problems)
    constants = _texts(tables["constants"], "constants", problems)
    for target in columns.keys() & constants.keys():
        problems.append(
            RowError(0, f"constants.{target}", "stands under [columns] too: keep one of the two")
        )
    found = _format(tables["format"], problems)
    if problems:
        raise ImportRefused(name, problems)
    return Mapping(name, columns, constants, found)


def _unknown(place: str, key: str, known: Iterable[str]) -> RowError:
    close = nearest(key, known)
    remedy = f"did you mean {close}?" if close else f"known are {', '.join(known)}"
    return RowError(0, place, f"unknown: {remedy}")


def _texts(raw: Keyed[str, Any], table: str, problems: list[RowError]) -> dict[str, str]:
    known = tuple(dict.fromkeys((*FACT_COLUMNS, *PARTNER_COLUMNS)))
    texts = {}
    for target, value in raw.items():
        place = f"{table}.{target}"
        if target not in known:
            problems.append(_unknown(place, target, known))
        elif table == "constants" and isinstance(value, int | date) and value is not True:
            texts[target] = str(value)
        elif not isinstance(value, str) or (table == "constants" and not value.strip()):
            problems.append(RowError(0, place, 'is not a text: write it in quotation marks, "…"'))
        else:
            texts[target] = value.strip() if table == "constants" or not value.strip() else value
    return texts


def _format(raw: Keyed[str, Any], problems: list[RowError]) -> Format:
    checks = {
        "decimal": ({mark: mark for mark in ".,"}, '"." or ","'),
        "dates": (dict(zip(dates.ORDERS, dates.ORDERS, strict=True)), '"DMY" or "MDY"'),
        "delimiter": (_DELIMITERS, '",", ";", "|" or "tab"'),
        "encoding": (
            {codec: codec for codec in dialects.ENCODINGS} | _CODECS,
            f"one of {', '.join(dialects.ENCODINGS)}",
        ),
    }
    found: dict[str, str] = {}
    for key, value in raw.items():
        place = f"format.{key}"
        if key == "timezone" and isinstance(value, str):
            try:
                found[key] = zone(value)
            except Unreadable as error:
                problems.append(RowError(0, place, f"'{value}' is {error}"))
        elif key not in checks and key != "timezone":
            problems.append(_unknown(place, key, (*checks, "timezone")))
        else:
            options, remedy = checks.get(key, ({}, 'a name like "Europe/Berlin"'))
            exact = value if value in options else str(value).lower()
            if not isinstance(value, str) or exact not in options:
                problems.append(RowError(0, place, f"{value!r} is not known: write {remedy}"))
            else:
                found[key] = options[exact]
    return Format(**found)


def plan(
    mapping: Mapping,
    header: Sequence[str],
    targets: Sequence[str],
    required: Sequence[str],
    file: str,
) -> Plan:
    """Resolves a mapping against a file's header.

    A target the mapping does not name is looked for under its own name; capitals and blanks do not
    matter. Raises ImportRefused naming every column that is not there, with the nearest that is.
    """
    book = _Header(header)
    problems: list[RowError] = []
    sources: dict[str, Source] = {}
    for target in (*mapping.columns, *mapping.constants):
        if target not in targets:
            place = "columns" if target in mapping.columns else "constants"
            problems.append(_unknown(f"{place}.{target}", target, targets))
    for target in targets:
        try:
            if target in mapping.columns:
                text = mapping.columns[target]
                if not text:
                    continue
                sources[target] = book.source(text, whole=target in required)
            elif target not in mapping.constants and book.has(target):
                sources[target] = book.source(target)
        except LookupError as error:
            problems.append(RowError(0, f"columns.{target}", str(error.args[0])))
    if problems:
        raise ImportRefused(mapping.name or file, problems)
    missing = [name for name in required if name not in sources and name not in mapping.constants]
    if missing:
        raise ImportRefused(file, [RowError(0, name, _missing(name, header)) for name in missing])
    used = {index for source in sources.values() for index in source.indices}
    ignored = [name for index, name in enumerate(header) if index not in used]
    return Plan(sources, dict(mapping.constants), ignored)


def _missing(target: str, header: Sequence[str]) -> str:
    names = ", ".join(header[:12]) + (", …" if len(header) > 12 else "")
    return (
        f"this column is required and not in the file, which has {names}: rename one, or name it in "
        f'a mapping file, [columns] {target} = "…" (or [constants] where it is the same in all rows)'
    )


class _Header:
    """A file's header, asked for columns by name: exactly, or but for capitals and blanks."""

    def __init__(self, header: Sequence[str]) -> None:
        self.header = list(header)
        self.loose: dict[str, list[int]] = {}
        for index, name in enumerate(header):
            self.loose.setdefault(_loose(name), []).append(index)

    def has(self, name: str) -> bool:
        return _loose(name) in self.loose

    def source(self, text: str, *, whole: bool = False) -> Source:
        """Raises LookupError, whose message says what is not there."""
        names = _PLACEHOLDER.findall(text)
        if self.has(text) or not names:
            index = self._index(text)
            return Source(self.header[index], (index,))
        indices = tuple(self._index(name) for name in names)
        between = _PLACEHOLDER.split(text)[::2]
        template = "{}".join(part.replace("{", "{{").replace("}", "}}") for part in between)
        return Source(text, indices, template, whole)

    def _index(self, name: str) -> int:
        if name in self.header:
            return self.header.index(name)
        found = self.loose.get(_loose(name), [])
        if len(found) == 1:
            return found[0]
        if found:
            both = " and ".join(self.header[index] for index in found)
            raise LookupError(f"'{name}' could be {both}: write the one you mean exactly")
        close = nearest(name, self.header)
        remedy = f"did you mean '{close}'?" if close else f"it has {', '.join(self.header[:12])}"
        raise LookupError(f"the file has no column '{name}': {remedy}")


def _loose(name: str) -> str:
    return re.sub(r"[\s_]+", "", name.casefold())
