"""Progress is carried on by what facts add; the window is read again only where that tells more."""

from datetime import date

import pytest

from engage import proof
from engage.missions import progress
from engage.missions import service as missions
from engage.money import SCALE
from tests.conftest import Cast, record, sale


def test_the_window_is_read_again_only_where_a_stage_fills_empties_or_is_overtaken(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[int]] = []
    measured = progress.measured

    def noted(mission, partner_ids, attributes):  # type: ignore[no-untyped-def]
        read.append(list(partner_ids))
        return measured(mission, partner_ids, attributes)

    monkeypatch.setattr(progress, "measured", noted)
    (mission,) = missions.missions(cast.programme)
    alice = cast.alice.partner.id
    stands = missions.progress(mission.stage_ids, alice)[mission.stage_ids[0]].value // SCALE
    assert stands == 2, "one is missing to the first stage"

    for said, report in (
        ("fills", sale("p-1", "A1", "1", date(2013, 4, 8))),
        ("is overtaken", sale("p-2", "A1", "1", date(2013, 4, 2))),
        ("corrected before it", sale("p-2", "A1", "2", date(2013, 4, 2))),
        ("fills", sale("p-3", "A1", "20000", date(2013, 4, 9))),
        ("empties", sale("p-3", "A1", "5", date(2013, 4, 9))),
    ):
        record(cast.programme, report)
        assert read.pop() == [alice], said
    for report in (
        sale("p-4", "A1", "7", date(2013, 4, 9)),
        sale("p-3", "A1", "6", date(2013, 4, 9)),
        sale("p-5", "B1", "3", date(2013, 4, 1)),
    ):
        record(cast.programme, report)
    assert not read
    monkeypatch.undo()
    assert proof.check(cast.programme).ok
