"""The partner among the neighbours: the own row climbs from the foot of the list to its place.

The ranks stand still at the left; the rows slide past them.
"""

from __future__ import annotations

from engage.studio.canvas import Canvas
from engage.studio.easing import in_out, out_expo, progress
from engage.studio.layers import avatar
from engage.studio.lettering import measure
from engage.studio.stage import Drawing, Option, Part, Stage
from engage.studio.values import Ranking, Row

OPTIONS = {
    "value": Option("value", required=True, shapes=("ranking",)),
    "size": Option("whole", 30, low=12, high=80),
    "row": Option("whole", 92, low=30, high=300),
    "gap": Option("whole", 14, low=0, high=100),
    "panel": Option("colour", "panel"),
    "colour": Option("colour", "accent"),
    "stagger": Option("number", 0.09, high=2),
    "climb": Option("number", 1.1, low=0.0, high=10),
    "faces": Option("flag", True),
}
BLEEDS = False
LEAST, TWO_LINES = 0.78, 2.4  # of the size: the smallest a name is written, the room of two lines
ARRIVE, WAIT = 0.7, 0.25  # seconds a row slides in, and stands before the climb


def prepare(part: Part, stage: Stage) -> Drawing:
    rows = part["value"].rows
    x, y, w, h = part.box
    n = max(1, len(rows))
    step = min(part["row"] + part["gap"], (h + part["gap"]) / n)
    high = round(step - part["gap"])
    ranks = round(part["size"] * 2.9)
    mine = next((k for k, row in enumerate(rows) if row.me), None)
    climbs_at = ARRIVE + part["stagger"] * n + WAIT if mine is not None else 0.0
    cards = [_card(row, stage, part, w - ranks, high) for row in rows]
    style = stage.plain("display", 700)

    def place(k: int, t: float) -> float:
        """Where row ``k`` stands, counted in rows from the top."""
        if mine is None or k < mine:
            return float(k)
        up = in_out(progress(t - climbs_at, part["climb"]))
        if k == mine:
            return n - 1 + (mine - n + 1) * up
        passed = n - 1 + (mine - n + 1) * up  # the own row pushes this one down as it goes by
        return k - 1 + max(0.0, min(1.0, k - passed))

    def draw(canvas: Canvas, t: float) -> None:
        for k, row in enumerate(rows):
            shown = out_expo(progress(t - k * part["stagger"], ARRIVE))
            if shown > 0.0:
                settled = mine == k and t >= climbs_at + part["climb"]
                tone = stage.colour(part["colour"] if settled else "quiet")
                box = (x, y + k * step, ranks - part["size"] * 0.5, high)
                with canvas.moved(alpha=shown):
                    stage.label(canvas, f"{row.rank}", box, style, part["size"], tone, "right")
        order = [k for k in range(len(rows)) if k != mine] + ([mine] if mine is not None else [])
        for k in order:
            at = place(k, t)
            slot = n - 1 if k == mine else at
            shown = out_expo(progress(t - slot * part["stagger"], ARRIVE))
            if shown > 0.0:
                with canvas.moved(dx=(1 - shown) * 90 * stage.unit, alpha=min(1.0, shown * 1.4)):
                    cards[k](canvas, x + ranks, y + at * step)

    return Drawing(draw, settles=climbs_at + part["climb"] + 0.1 + part["stagger"] * n)


def _card(row: Row, stage: Stage, part: Part, w: int, h: int):  # type: ignore[no-untyped-def]
    """A function that pastes one row's card at a place."""
    ground = stage.colour(part["colour"] if row.me else part["panel"])
    ink = stage.colour("on-accent" if row.me else "text")
    panel = stage.shape("rounded", ground, w, h, h * 0.28)
    side = round(h * 0.62)
    tone = "ink" if row.me else "accent"
    face = avatar.face(stage, row.name, side, tone) if part["faces"] else None
    pad = (h - side) / 2
    name = stage.plain("text", 600 if row.me else 500)
    score = stage.plain("display", 700)
    size = part["size"]
    written = Canvas((w, h))
    left = pad * 1.4 + (side + size * 0.6 if face else 0)
    number = stage.label(
        written, row.score, (w * 0.6, 0, w * 0.4 - size, h), score, size, ink, "right"
    )
    widest = max((p.line.width for p in number.lines), default=0)
    room = w - left - widest - 2 * size
    # A long name takes a second line rather than become small among its neighbours, and is shortened
    # rather than take a third.
    most = 1 if measure(row.name, name, round(size * 0.8)).width <= room else 2
    high = min(h, TWO_LINES * size)
    box = (left, (h - high) / 2, room, high)
    stage.label(written, row.name, box, name, size, ink, lines=most, least=LEAST)
    lines = written.ops

    def paste(canvas: Canvas, x: float, y: float) -> None:
        canvas.paste(panel, x, y)
        if face:
            canvas.paste(face, x + pad * 1.4, y + pad)
        for op in lines:
            canvas.paste(op.what, x + op.box[0], y + op.box[1])  # type: ignore[arg-type]

    return paste


def speak(part: Part) -> list[str]:
    return [spoken(part["value"])]


def spoken(ranking: Ranking) -> str:
    return "; ".join(f"{r.rank}. {r.name}, {r.score}" for r in ranking.rows)
