"""How movement starts and stops. Every curve maps 0..1 to a share of the way, ending exactly at 1."""

from __future__ import annotations

import math
from collections.abc import Callable

Curve = Callable[[float], float]


def clamp(x: float) -> float:
    return 0.0 if x < 0.0 else 1.0 if x > 1.0 else x


def linear(x: float) -> float:
    return x


def out_cubic(x: float) -> float:
    return 1.0 - (1.0 - x) ** 3


def out_expo(x: float) -> float:
    return 1.0 if x >= 1.0 else 1.0 - 2.0 ** (-10.0 * x)


def in_out(x: float) -> float:
    return 4.0 * x**3 if x < 0.5 else 1.0 - (-2.0 * x + 2.0) ** 3 / 2.0


def overshoot(x: float) -> float:
    return 1.0 + 2.4 * (x - 1.0) ** 3 + 1.4 * (x - 1.0) ** 2


def spring(x: float) -> float:
    if x >= 1.0:
        return 1.0
    return 1.0 - math.exp(-7.0 * x) * math.cos(9.0 * x) * (1.0 - x)


CURVES: dict[str, Curve] = {
    "linear": linear,
    "smooth": out_cubic,
    "snappy": out_expo,
    "even": in_out,
    "overshoot": overshoot,
    "spring": spring,
}


def progress(t: float, seconds: float) -> float:
    """Share of ``seconds`` gone at ``t``, 0..1; a movement of no length is over at once."""
    if seconds <= 0.0:
        return 1.0 if t >= 0.0 else 0.0
    return clamp(t / seconds)
