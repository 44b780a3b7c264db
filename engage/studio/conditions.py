"""The few words a template may decide with: names, numbers, strings, comparisons, and/or/not.

``when = "rank <= 10 and not newcomer"`` is read by this small parser and nothing else: no calls, no
attributes, no arithmetic. A name is a field of the snapshot. A field that is not there (None, blank,
an empty list) is false, and every comparison with it is false. A list compares by its length.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from engage.studio.values import Data, Number, Picture, count, given

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<string>\"[^\"]*\"|'[^']*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<op><=|>=|==|!=|<|>|\(|\)))"
)
_COMPARE: dict[str, Callable[[object, object], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,  # type: ignore[dict-item]
    "<=": operator.le,  # type: ignore[dict-item]
    ">": operator.gt,  # type: ignore[dict-item]
    ">=": operator.ge,  # type: ignore[dict-item]
}

#: So deep brackets and "not" may stand in each other: far more than anybody reads.
DEEPEST = 50

Scalar = float | str | None


class _Node(NamedTuple):
    """``decide`` gives its value; where that is true the fields of ``sure`` are there."""

    decide: Callable[[Data], Scalar]
    sure: frozenset[str] = frozenset()

    def __call__(self, data: Data) -> Scalar:
        return self.decide(data)


class BadCondition(ValueError):
    """Says what of a condition cannot be read."""


@dataclass(frozen=True)
class Condition:
    """A read condition: ``names`` are the fields it asks for, ``sure`` those that are there wherever it
    holds; `holds` decides."""

    text: str
    names: frozenset[str]
    _node: _Node

    @property
    def sure(self) -> frozenset[str]:
        return self._node.sure

    def holds(self, data: Data) -> bool:
        return bool(self._node(data))


def parse(text: str) -> Condition:
    """Read a condition; raises `BadCondition` with the place of the first mistake."""
    reader = _Reader(text)
    node = reader.either()
    if reader.peek() is not None:
        raise BadCondition(f"unexpected {reader.peek()[1]!r} in {text!r}")  # type: ignore[index]
    return Condition(text, frozenset(reader.names), node)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadCondition(f"cannot read {text[at:].strip()!r}")
        kind = match.lastgroup or ""
        word = match.group(kind)
        found.append(("op" if kind == "name" and word in ("and", "or", "not") else kind, word))
        at = match.end()
    if not found:
        raise BadCondition("an empty condition")
    return found


def scalar(data: Data, name: str) -> Scalar:
    """What a field counts as in a comparison."""
    value = data.get(name)
    if value is None or not given(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, Number):
        return value.value
    return 1.0 if isinstance(value, Picture) else float(count(value))


class _Reader:
    """Recursive descent, one method per level of binding."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at = text, _tokens(text), 0
        self.names: set[str] = set()
        self.depth = 0

    def peek(self) -> tuple[str, str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *words: str) -> str | None:
        token = self.peek()
        if token is None or token[0] != "op" or token[1] not in words:
            return None
        self.at += 1
        return token[1]

    def either(self) -> _Node:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        sure = frozenset.intersection(*(part.sure for part in parts))
        return (
            parts[0] if len(parts) == 1 else _Node(lambda d: float(any(p(d) for p in parts)), sure)
        )

    def both(self) -> _Node:
        parts = [self.negated()]
        while self.take("and"):
            parts.append(self.negated())
        sure = frozenset.union(*(part.sure for part in parts))
        return (
            parts[0] if len(parts) == 1 else _Node(lambda d: float(all(p(d) for p in parts)), sure)
        )

    def inside(self, read: Callable[[], _Node]) -> _Node:
        """What stands in a bracket, or after a "not"."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadCondition(f"too deeply nested: {self.text[:40]!r}…")
        node = read()
        self.depth -= 1
        return node

    def negated(self) -> _Node:
        if self.take("not"):
            inner = self.inside(self.negated)
            return _Node(lambda d: float(not inner(d)))
        return self.comparison()

    def comparison(self) -> _Node:
        left = self.operand()
        word = self.take(*_COMPARE)
        if word is None:
            return left
        right, compare = self.operand(), _COMPARE[word]
        if self.take(*_COMPARE):
            raise BadCondition(f"two comparisons in a row in {self.text!r}; join them with 'and'")

        def decide(data: Data) -> float:
            a, b = left(data), right(data)
            if a is None or b is None:
                return 0.0
            if isinstance(a, str) is not isinstance(b, str):
                return float(word == "!=")
            return float(compare(a, b))

        return _Node(decide, left.sure | right.sure)

    def operand(self) -> _Node:
        if self.take("("):
            inner = self.inside(self.either)
            if not self.take(")"):
                raise BadCondition(f"a bracket is not closed in {self.text!r}")
            return inner
        token = self.peek()
        if token is None or token[0] == "op":
            what = token[1] if token else "the end"
            raise BadCondition(f"a field, number or string is missing before {what!r}")
        self.at += 1
        kind, word = token
        if kind == "number":
            number = float(word)
            return _Node(lambda d: number)
        if kind == "string":
            return _Node(lambda d: word[1:-1])
        self.names.add(word)
        return _Node(lambda d: scalar(d, word), frozenset({word}))
