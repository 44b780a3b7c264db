"""Where the demo's people work and what they sell: Fernlight, a maker of solar homes, and its dealers.

Nothing of it exists.
"""

import random
from typing import NamedTuple

from engage.demo import names
from engage.money import SCALE

#: Region -> (time zone, towns).
REGIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Northeast": ("America/New_York", ("Albany", "Burlington", "Providence")),
    "Southeast": ("America/New_York", ("Asheville", "Knoxville", "Savannah")),
    "Great Lakes": ("America/Chicago", ("Duluth", "Green Bay", "Toledo")),
    "Great Plains": ("America/Chicago", ("Fargo", "Omaha", "Wichita")),
    "Southwest": ("America/Denver", ("El Paso", "Santa Fe", "Tucson")),
    "Pacific": ("America/Los_Angeles", ("Eugene", "Sacramento", "Spokane")),
    "Canada": ("America/Toronto", ("Halifax", "Ottawa", "Québec")),
    "Europe": ("Europe/Berlin", ("Freiburg", "Gdańsk", "Lyon")),
}

#: Region -> organisations as "name | what its teams are called after it | type".
_ORGANISATIONS = {
    "Northeast": (
        "Larkspur Home Power|Larkspur|Installer",
        "Old Mill Heating & Light|Old Mill|Installer",
        "Wickham & Dray|Wickham|Reseller",
        "Tidewright Electric|Tidewright|Installer",
        "Hollow Maple Supply|Hollow Maple|Distributor",
    ),
    "Southeast": (
        "Cypress Lane Sunworks|Cypress Lane|Installer",
        "Dogwood & Daughters|Dogwood|Reseller",
        "Magnolia Current|Magnolia|Installer",
        "Piedmont Lantern Supply|Piedmont Lantern|Distributor",
        "Low Tide Home Energy|Low Tide|Installer",
    ),
    "Great Lakes": (
        "Iron Harbor Electric|Iron Harbor|Installer",
        "Sandhill Comfort|Sandhill|Installer",
        "Copper Quill Power|Copper Quill|Reseller",
        "Northshore Attic & Roof|Northshore|Installer",
        "Fourth Coast Distribution|Fourth Coast|Distributor",
    ),
    "Great Plains": (
        "Long Furrow Energy|Long Furrow|Installer",
        "Meadowlark Heat Works|Meadowlark|Installer",
        "Prairie Lantern|Prairie Lantern|Reseller",
        "Bluestem Roof & Sun|Bluestem|Installer",
        "Grain Belt Electrical Supply|Grain Belt|Distributor",
    ),
    "Southwest": (
        "Cielo Ancho Climate|Cielo Ancho|Installer",
        "Ocotillo Electric|Ocotillo|Installer",
        "Red Arroyo Power|Red Arroyo|Reseller",
        "Sombra y Luz Energía|Sombra y Luz|Installer",
        "Dry Creek Trade Supply|Dry Creek|Distributor",
    ),
    "Pacific": (
        "Cedar & Current|Cedar & Current|Installer",
        "Fernhollow Electric|Fernhollow|Installer",
        "Juniper Switch|Juniper|Reseller",
        "Snowline Heat|Snowline|Installer",
        "Tidepool Trade Supply|Tidepool|Distributor",
    ),
    "Canada": (
        "Énergie Belle-Rivière|Belle-Rivière|Installer",
        "Loon Lake Electric|Loon Lake|Installer",
        "Maple & Main Power|Maple & Main|Reseller",
        "Northern Ember Heating|Northern Ember|Installer",
        "Timberline Wholesale|Timberline|Distributor",
    ),
    "Europe": (
        "Grünwald & Söhne Gebäudetechnik|Grünwald|Installer",
        "Lumière des Collines|Lumière|Installer",
        "Nordvik Elteknik|Nordvik|Reseller",
        "Ciepły Dom Bałtyk|Ciepły Dom|Installer",
        "Casa Clara Distribuição de Energia|Casa Clara|Distributor",
    ),
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
    for region, rows in _ORGANISATIONS.items()
    for name, short, kind in [rows[turn].split("|")]
]


class Product(NamedTuple):
    """``price`` in dollars; ``share`` is how often it is bought, against the others."""

    name: str
    category: str
    price: int
    share: int


PRODUCTS = (
    Product("Aurora 420 panel set", "Solar", 1180, 12),
    Product("Aurora 440 Black panel set", "Solar", 1390, 8),
    Product("Carport solar kit", "Solar", 2950, 3),
    Product("Hearth 5 home battery", "Batteries", 2390, 8),
    Product("Hearth 10 home battery", "Batteries", 3950, 5),
    Product("Hearth Pro 15 battery", "Batteries", 5480, 2),
    Product("Plug 7 wall charger", "Charging", 540, 14),
    Product("Plug 11 wall charger", "Charging", 690, 12),
    Product("Plug 22 Duo charger", "Charging", 1240, 5),
    Product("Breeze 6 heat pump", "Heat pumps", 3100, 4),
    Product("Breeze 9 heat pump", "Heat pumps", 3980, 2),
    Product("Ember thermostat", "Smart home", 149, 13),
    Product("Lantern load manager", "Smart home", 329, 9),
    Product("Five-year care plan", "Service", 480, 8),
)
SHARES = [product.share for product in PRODUCTS]
COURSES = (
    "Battery safety", "Heat pump sizing", "Roof survey in an hour", "Talking about payback",
    "Charging at work", "Wiring the load manager",
)  # fmt: skip
CERTIFICATES = ("Fernlight Installer", "Fernlight Battery Specialist", "Fernlight Advisor")


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
