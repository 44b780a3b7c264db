"""Taking facts in: each once, a changed one as a correction of what stood before."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, select, update

from engage.activity import currencies, rules
from engage.activity.models import Conversion, Fact
from engage.activity.rules import Problem, Report, Standing, Stated
from engage.among import among, meets
from engage.conditions import Where
from engage.db import db
from engage.money import SCALE
from engage.partners import service as partners
from engage.prepared import Prepared, Question, together
from engage.programmes.models import Programme
from engage.rows import insert, insert_rows, next_ids

COLUMNS = tuple(Fact.__table__.c[name] for name in Standing._fields)
EVENT_ORDER = (Fact.occurred_at, Fact.external_id, Fact.source)


# Built once: every batch asks these, and building them costs more than the answer.
_fact: Any = Fact.__table__.c
_STANDING = Prepared(
    select(*COLUMNS).where(
        _fact.superseded_at.is_(None),
        _fact.programme_id == bindparam("programme_id"),
        _fact.source == bindparam("source"),
        among(_fact.external_id, "external_ids"),
    ),
    Standing._make,
)


_OF_PARTNERS = Prepared(
    select(*COLUMNS)
    .where(
        _fact.superseded_at.is_(None),
        among(_fact.partner_id, "partner_ids"),
        _fact.day.between(bindparam("first"), bindparam("last")),
    )
    .order_by(_fact.occurred_at, _fact.external_id, _fact.source),
    Standing._make,
)


class Admission(NamedTuple):
    """What a batch became: ``answers`` has one word per report, in its order; ``partners`` are those it
    names, as rows of `partners.named`."""

    new: list[Standing]
    superseded: list[Standing]
    answers: list[str]
    problems: list[Problem]
    partners: Sequence[Any] = ()


def standing_facts(*conditions: ColumnElement[bool]) -> Iterator[Standing]:
    """Standing facts under ``conditions``, in event-time order."""
    statement = select(*COLUMNS).where(Fact.superseded_at.is_(None), *conditions)
    for row in db.session.execute(statement.order_by(*EVENT_ORDER)):
        yield Standing._make(row)


def facts_of(
    partner_ids: Collection[int], first: date = date.min, last: date = date.max
) -> list[Standing]:
    """Standing facts of partners on some days (both included), in event-time order."""
    return _OF_PARTNERS.all(partner_ids=partner_ids, first=first, last=last)


def admit(
    programme: Programme, reports: Sequence[Report], *, source: str, now: datetime
) -> Admission:
    """Insert what is new or corrected; a report that cannot stand is answered with a problem.

    The caller decides whether problems undo the batch. Answers are ``new``, ``unchanged``,
    ``corrected`` or ``problem``.
    """
    admission, fresh, stated = _judged(programme, reports, source, now)
    _write(programme.id, admission, fresh, stated, now)
    return admission


def judge(
    programme: Programme, reports: Sequence[Report], *, source: str, now: datetime
) -> Admission:
    """The answers and problems that ``admit`` would give; nothing is written."""
    return _judged(programme, reports, source, now)[0]


def _judged(
    programme: Programme, reports: Sequence[Report], source: str, now: datetime
) -> tuple[Admission, dict[int, Standing], dict[int, Stated]]:
    """The answers, the facts to write for them by their new ids, and what these were stated as."""
    known, standing = _known(programme.id, source, reports)
    ids_of = {row[-1]: row[0] for row in known}
    intake = rules.parse_intake(programme.intake)
    rate_of = currencies.worth(programme, reports, standing)
    ids = iter(next_ids("facts", len(reports)))
    admission = Admission([], [], [], [], known)
    fresh: dict[int, Standing] = {}
    stated: dict[int, Stated] = {}
    for index, report in enumerate(reports):
        partner_id = ids_of.get(report.partner)
        rate = rate_of(report)
        found = list(rules.problems(index, report, programme.currency, rate, intake, now))
        if partner_id is None:
            remedy = "import the partner first, or mend the id"
            said = f"no partner {report.partner!r} here: {remedy}"
            found.append(Problem(index, "partner", said, "unknown_partner"))
        if found or partner_id is None or rate is None:
            admission.problems.extend(found)
            admission.answers.append("problem")
            continue
        fact = _made(next(ids), source, partner_id, report, programme.currency, rate)
        before = standing.get(report.external_id)
        if before is not None and before.content == fact.content:
            admission.answers.append("unchanged")
            continue
        if before is not None:
            admission.superseded.append(before)
        standing[report.external_id] = fresh[fact.id] = fact
        if report.currency not in (None, programme.currency):
            stated[fact.id] = Stated(report.amount, report.currency, rate)
        admission.answers.append("corrected" if before else "new")
    return admission, fresh, stated


def _made(
    fact_id: int, source: str, partner_id: int, report: Report, currency: str, rate: Decimal
) -> Standing:
    return Standing(
        fact_id,
        source,
        report.external_id,
        partner_id,
        report.kind,
        report.occurred_at,
        report.day,
        rules.converted(report.amount, rate),
        currency if report.amount or report.currency else None,
        report.quantity,
        report.product,
        report.category,
        report.customer,
    )


def asked(programme_id: int, source: str, reports: Sequence[Report]) -> list[Question]:
    """What `admit` asks first: the partners that reports name, and what stands under their external ids."""
    said = {report.external_id for report in reports}
    return [
        partners.named(programme_id, {report.partner for report in reports}),
        (_STANDING, {"programme_id": programme_id, "source": source, "external_ids": said}),
    ]


def _known(
    programme_id: int, source: str, reports: Sequence[Report]
) -> tuple[list[Any], dict[str, Standing]]:
    """The partners that reports name, and what stands of their facts, by external ids."""
    known, facts = together(*asked(programme_id, source, reports))
    return known, {fact.external_id: fact for fact in facts}


def _write(
    programme_id: int,
    admission: Admission,
    fresh: dict[int, Standing],
    stated: dict[int, Stated],
    now: datetime,
) -> None:
    """Stamp what is superseded, then insert; a report corrected within its own batch goes in too."""
    replaced = {fact.id for fact in admission.superseded}
    if stamped := replaced - fresh.keys():
        db.session.execute(update(Fact).where(among(Fact.id, stamped)).values(superseded_at=now))
    insert(
        Fact.__table__,
        (*Standing._fields, "programme_id", "recorded_at", "superseded_at"),
        [
            (*fact, programme_id, now, now if fact.id in replaced else None)
            for fact in fresh.values()
        ],
    )
    insert_rows(
        Conversion.__table__,
        [
            {
                "fact_id": fact_id,
                "rate": f"{said.rate:f}",
                "amount": said.amount,
                "currency": said.currency,
            }
            for fact_id, said in stated.items()
        ],
    )
    admission.new.extend(fact for fact in fresh.values() if fact.id not in replaced)
    admission.superseded[:] = [fact for fact in admission.superseded if fact.id not in fresh]


#: `rules.counted`, as the database reads it.
COUNTED = case((Fact.quantity < 0, -SCALE), (Fact.amount < 0, 0), else_=SCALE)


def meeting(where: Where) -> list[ColumnElement[bool]]:
    """Conditions on facts, as the database reads them; see `rules.attribute`."""
    columns = {
        name: func.abs(Fact.amount) if name == "amount" else getattr(Fact, name)
        for name, _ in where
    }
    return [asked for name, values in where for asked in meets(columns[name], values)]


def measured(measure: str, *columns: ColumnElement[Any]) -> Select[Any]:
    """What facts add to a measure, as `rules.adds` has it: ``columns``, ``occurred_at``, ``value``.

    One row for each fact that the caller asks for; a customer or product that a return took away and a
    sale brought back is added, taken off and added again.
    """
    if measure in rules.DISTINCT:
        value: Any = _comes_or_goes(getattr(Fact, measure.removesuffix("s")), columns)
    else:
        quantity = case((COUNTED == 0, 0), else_=Fact.quantity)
        value = {"amount": Fact.amount, "quantity": quantity}.get(measure, COUNTED)
    return select(*columns, Fact.occurred_at, value.label("value"))


def _comes_or_goes(name: Any, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """What a fact adds by the customer or product that it names, among those of the same ``columns``."""
    net = func.sum(COUNTED).over(
        partition_by=(*columns, name), order_by=EVENT_ORDER, rows=(None, 0)
    )
    before = net - COUNTED
    comes, goes = and_(net > 0, before <= 0), and_(net <= 0, before > 0)
    return case((name.is_(None), 0), (comes, SCALE), (goes, -SCALE), else_=0)


class Month(NamedTuple):
    """A calendar month of a partner's facts, as they count; ``amount`` in ten-thousandths."""

    first: date
    facts: int
    amount: int


def months(partner_id: int, kind: str, first: date, last: date) -> list[Month]:
    """A partner's standing facts of ``kind`` by month, months without any included."""
    totals: dict[tuple[int, int], Month] = {}
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        totals[year, month] = Month(date(year, month, 1), 0, 0)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    rows: Iterable[Row[tuple[date, int, int]]] = db.session.execute(
        select(Fact.day, func.sum(COUNTED), func.sum(Fact.amount))
        .where(
            Fact.partner_id == partner_id,
            Fact.kind == kind,
            Fact.superseded_at.is_(None),
            Fact.day.between(first, last),
        )
        .group_by(Fact.day)
    )
    for day, facts, amount in rows:
        held = totals[day.year, day.month]
        totals[day.year, day.month] = Month(
            held.first, held.facts + int(facts) // SCALE, held.amount + int(amount)
        )
    return list(totals.values())
