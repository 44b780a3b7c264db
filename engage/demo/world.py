"""Where the demo's people work and what they sell, as `world.toml` has it."""

import random
import tomllib
from pathlib import Path
from typing import NamedTuple

from engage.demo import names
from engage.money import SCALE

_WORLD = tomllib.loads(Path(__file__).with_name("world.toml").read_text("utf-8"))
#: Region -> (time zone, towns).
REGIONS: dict[str, tuple[str, list[str]]] = {
    region: (of["timezone"], of["towns"]) for region, of in _WORLD["regions"].items()
}


class Organisation(NamedTuple):
    name: str
    short: str
    type: str
    region: str


#: One of each region after the other: the first so many are spread over all of them.
ORGANISATIONS = [
    Organisation(name, short, kind, region)
    for turn in range(5)
    for region, of in _WORLD["regions"].items()
    for name, short, kind in [of["organisations"][turn].split("|")]
]


class Product(NamedTuple):
    """``price`` in dollars; ``share`` is how often it is bought, against the others."""

    name: str
    category: str
    price: int
    share: int


PRODUCTS = [Product(*product) for product in _WORLD["goods"]["products"]]
SHARES = [product.share for product in PRODUCTS]
COURSES, CERTIFICATES = _WORLD["goods"]["courses"], _WORLD["goods"]["certificates"]


def a_customer(rng: random.Random) -> str:
    """Somebody whose roof it is: ``Okafor bakery``."""
    return f"{rng.choice(names.LAST)} {rng.choice(names.CUSTOMERS)}"


def a_purchase(rng: random.Random, most: int) -> tuple[Product, int, int]:
    """(product, pieces up to ``most``, amount in ten-thousandths after a usual discount)."""
    product = rng.choices(PRODUCTS, SHARES)[0]
    pieces = 1 + int(rng.random() ** 2.5 * most)
    off = rng.choice((0, 0, 0, 2, 3, 5))
    return product, pieces, product.price * pieces * (100 - off) * SCALE // 100


def a_purchase_of(rng: random.Random, dollars: float) -> tuple[Product, int, int]:
    """(product, pieces, amount in ten-thousandths) that come near a sum of money."""
    fitting = [product for product in PRODUCTS if product.price <= dollars] or [
        min(PRODUCTS, key=lambda product: product.price)
    ]
    product = rng.choice(fitting)
    pieces = max(1, round(dollars / product.price))
    return product, pieces, product.price * pieces * SCALE
