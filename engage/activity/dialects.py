"""Which encoding and which separator a CSV file was saved with."""

import codecs
import csv
import io
from itertools import islice

from engage.activity.problems import ImportRefused, refuse

NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SAMPLE = 64 * 1024  # characters that a separator is judged by
ENCODINGS = (
    *("utf-8", "utf-16", "windows-1250", "windows-1251", "windows-1252", "windows-1253"),
    *("windows-1254", "windows-1257", "iso-8859-1", "iso-8859-2", "iso-8859-15", "macintosh"),
    *("cp437", "cp850", "koi8-r", "shift_jis", "euc-kr", "gb18030", "big5"),
)

# A separator that explains nearly all rows is good enough: a file may have a few broken ones.
_NEARLY_ALL = 0.9


def encoding_of(data: bytes, name: str, given: str | None = None) -> tuple[str, str]:
    """Python's codec for ``data`` and its name for people.

    A byte order mark decides; what is valid UTF-8 is UTF-8; the rest is Windows-1252, which Excel
    writes. Raises ImportRefused for what is no text in the encoding, and for NUL characters.
    """
    if given:
        codec, said = ("utf-8-sig" if given == "utf-8" else given), given
    elif data.startswith(codecs.BOM_UTF8):
        codec, said = "utf-8-sig", "UTF-8"
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec, said = "utf-16", "UTF-16"
    else:
        codec, said = "utf-8", "UTF-8"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        if codec != "utf-8" or given:
            raise _not_in(said, data, name, error) from error
        codec, said = "cp1252", "Windows-1252"
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as second:
            raise _not_in("UTF-8 nor Windows-1252", data, name, second) from second
    if "\0" in text:
        raise refuse(
            name,
            "holds a NUL character, so it is no CSV text (or UTF-16 without its mark): save it again "
            "as CSV UTF-8",
            row=text.count("\n", 0, text.index("\0")) + 1,
        )
    return codec, said


def _not_in(said: str, data: bytes, name: str, error: UnicodeDecodeError) -> ImportRefused:
    before = data[: error.start].count(b"\n")
    sign = data[error.start]
    return refuse(
        name,
        f"is {'neither' if ' nor ' in said else 'not'} {said} (byte 0x{sign:02X}): save it as CSV "
        'UTF-8, or say its encoding in the mapping file, such as [format] encoding = "iso-8859-1"',
        row=before + 1,
    )


def delimiter_of(head: str, name: str, given: str | None = None) -> tuple[str, int]:
    """The separator, and how many first lines say nothing but that (Excel's ``sep=;``).

    ``head`` is the file's beginning. The separator that gives nearly all rows the header's number of
    cells wins, the one with most columns first. Raises ImportRefused where two do equally well.
    """
    first, _, rest = head.partition("\n")
    hint = first.strip().strip('"').lower()
    if hint.startswith("sep=") and hint[4:] in NAMES:
        return given or hint[4:], 1
    if first.rstrip("\r").strip('"').lower() == "sep=\t":
        return given or "\t", 1
    if given:
        return given, 0
    lines = list(io.StringIO(head, newline=""))
    if len(head) >= SAMPLE and rest:
        lines.pop()  # cut in the middle
    scores = {mark: _score(lines, mark) for mark in NAMES}
    best = max(scores.values())
    winners = [mark for mark, score in scores.items() if score == best]
    if best[1] < 2:
        return ",", 0
    if len(winners) > 1:
        raise refuse(
            name,
            f"can be split at {' or at '.join(NAMES[mark] for mark in winners)} with equal right: "
            f'say which in the mapping file, such as [format] delimiter = "{winners[0]}"',
        )
    return winners[0], 0


def _score(lines: list[str], delimiter: str) -> tuple[float, int, int]:
    """How well the separator explains the rows; then columns; then headers without a stray blank."""
    try:
        rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), 500) if any(row)]
    except csv.Error:  # an unclosed quotation mark: whoever reads the file will say where
        rows = [lines[0].split(delimiter)]
    if not rows or len(rows[0]) < 2:
        return 0.0, 0, 0
    width = len(rows[0])
    share = sum(len(row) == width for row in rows) / len(rows)
    strays = sum(cell.startswith(" ") for cell in rows[0])
    return (1.0 if share >= _NEARLY_ALL else share), width, -strays
