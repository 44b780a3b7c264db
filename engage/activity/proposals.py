"""Which column is probably which: a first mapping for a file whose header we have never seen.

A wrong proposal is worse than none (somebody clicks it through), so only names that are known to
mean a thing are proposed; what merely looks similar is left to the person. The names come from the
exports of CRMs, shops, payment services and ERPs, in four languages.
"""

import re
from collections.abc import Iterable, Sequence

from engage.activity.mapping import FACT_COLUMNS

# Best first: where a file has both Net Sales and Gross Sales, the first in the list is meant.
_NAMES: dict[str, str] = {
    "external_id": """
        external id, id, record id, deal id, deal - id, opportunity id, transaction id, sale id,
        payment id, order line id, line id, order id, order number, order no, sales order number,
        invoice id, invoice number, invoice no, document number, belegnummer, rechnungsnummer,
        auftragsnummer, bestellnummer, numéro de facture, numéro de commande, número de factura""",
    "partner": """
        partner, partner external id, partner code, partner number, partner key, partner id,
        partnernummer, reseller, reseller code, reseller number, reseller key, reseller id,
        reseller name, partner name, dealer code, dealer number, dealer id, dealer, affiliate id,
        distributor code, distributor id, distributor, händlernummer, händler, revendeur,
        distribuidor""",
    "kind": "kind, event type, activity type, fact kind",
    "occurred_at": """
        occurred at, deal - won time, won time, won date, won at, deal - close date, close date,
        closed date, closed at, closed on, close time, sale date, sales date, sold at, sold on,
        date of sale, order date, ordered at, transaction date, charge date, payment date, paid at,
        invoice date, event date, event time, completed at, completed on, completion date, date,
        timestamp, due date, created, created at, period, datum, verkaufsdatum, bestelldatum,
        auftragsdatum, rechnungsdatum, belegdatum, date de vente, date de commande,
        date de facture, fecha, fecha de venta, fecha de pedido, fecha de factura""",
    "amount": """
        amount, net amount, sales amount, net sales, net total, line total, line amount,
        transaction amount, deal amount, deal - value, deal value, order amount, order total,
        invoice amount, sale amount, total amount, total price, extended price, extended amount,
        revenue, net revenue, sales, value, gross sales, gross amount, grand total, total,
        nettobetrag, umsatz, betrag, auftragswert, montant ht, montant, chiffre d'affaires,
        importe neto, importe""",
    "currency": """
        currency, currency code, deal - currency, currency iso code, transaction currency,
        invoice currency, order currency, währung, devise, moneda, divisa""",
    "quantity": """
        quantity, qty, order quantity, ordered quantity, quantity ordered, quantity sold, units,
        units sold, pieces, menge, anzahl, stückzahl, quantité, cantidad, unidades""",
    "product": """
        product, product name, product title, item, item name, product key, product id,
        product code, item id, item number, sku, article, artikel, artikelbezeichnung,
        artikelnummer, produkt, produit, article, producto, artículo""",
    "category": """
        category, product category, category name, item category, product family, product group,
        warengruppe, produktgruppe, kategorie, catégorie, categoría""",
    "customer": """
        customer, customer name, account name, company name, company, client name, client,
        organization - name, organisation name, customer company, customers.company_name,
        deal - organization, end customer, end customer name, account, customer id, customer key,
        customer number, account id, associated company, buyer, kunde, kundenname, kundennummer,
        endkunde, nom du client, cliente, nombre del cliente""",
    "name": """
        name, partner name, reseller name, dealer name, distributor name, full name, display name,
        händlername, nom, nombre""",
    "email": """
        email, e-mail, email address, e-mail address, partner email, partner email address,
        reseller email, dealer email, contact email, e-mail-adresse, courriel, adresse e-mail,
        correo electrónico, correo""",
    "organisation": "organisation, organization, company, company name, parent company, firma",
    "team": "team, team name, sales team, vertriebsteam, équipe, equipo",
    "region": """
        region, deal - region, deal - territory, territory, sales territory, sales region,
        territory name, region name, partner region, sales territory key, region id, territory id,
        gebiet, vertriebsgebiet, région, territorio, región""",
    "type": "type, partner type, reseller type, business type, dealer type, partnertyp",
    "joined_on": "joined on, joined, join date, joined at, partner since, member since, start date",
    "left_on": "left on, left, leave date, left at, end date, partner until, member until, austritt",
    "target": "target, quota, sales target, sales quota, goal, zielvorgabe, ziel, objectif, objetivo",
    "locale": "locale, language, preferred language, sprache, langue, idioma",
    "timezone": "timezone, time zone, tz, zeitzone, fuseau horaire, zona horaria",
}
# In a file of partners the id is the partner's own, never an order's.
_OWN_ID = f"external id, {_NAMES['partner']}, id, record id"
_LINES = "line number, order line number, sales order line number, line no, line item number, line"


def propose_mapping(header: Sequence[str], targets: Iterable[str] = FACT_COLUMNS) -> dict[str, str]:
    """Target to column name (or template, where an order has numbered lines), for what is plain.

    A target without a well-known name in ``header`` is left out, and no column is proposed twice.
    """
    columns: dict[str, str] = {}
    for name in header:
        columns.setdefault(_plain(name), name)
    targets = tuple(targets)
    names = _NAMES if "partner" in targets else _NAMES | {"external_id": _OWN_ID}
    taken: set[str] = set()
    proposed: dict[str, str] = {}
    for target in targets:
        for known in _names(names.get(target, "")):
            if known in columns and known not in taken:
                taken.add(known)
                proposed[target] = columns[known]
                break
    return _numbered(proposed, columns)


def _numbered(proposed: dict[str, str], columns: dict[str, str]) -> dict[str, str]:
    """An order number is not unique where orders have numbered lines; both together are."""
    order = proposed.get("external_id")
    line = next((columns[known] for known in _names(_LINES) if known in columns), None)
    if order and line and re.search(r"order|invoice|document", _plain(order)):
        proposed["external_id"] = f"{{{order}}}-{{{line}}}"
    return proposed


def _names(listed: str) -> list[str]:
    return [_plain(name) for name in listed.split(",")]


def _plain(name: str) -> str:
    """Letters and digits only, in small: ``Close Date``, ``CloseDate`` and ``close_date`` are one."""
    return "".join(filter(str.isalnum, name.casefold()))
