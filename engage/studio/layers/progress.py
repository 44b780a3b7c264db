"""The path of a mission: stages on a line that fills up to where the partner stands."""

from __future__ import annotations

from engage.studio.canvas import Canvas
from engage.studio.easing import in_out, out_cubic, overshoot, progress
from engage.studio.stage import Drawing, Option, Part, Stage
from engage.studio.values import Stages

OPTIONS = {
    "value": Option("value", required=True, shapes=("stages",)),
    "size": Option("whole", 26, low=12, high=80),
    "colour": Option("colour", "accent"),
    "way": Option("word", "across", choices=("across", "down")),
    "over": Option("number", 1.4, low=0.1, high=10),
}
BLEEDS = False
WAIT = 0.3


def prepare(part: Part, stage: Stage) -> Drawing:
    path = _Path(part, stage)
    return Drawing(path.draw, settles=WAIT + part["over"] + 0.6)


def reached_share(stages: Stages) -> float:
    """How much of the line between the first and the last node is filled, 0..1.

    The line starts at the first node: a mission with none reached shows only its first step."""
    n = len(stages.stages)
    done = 0
    while done < n and stages.stages[done].reached:
        done += 1
    if n < 2 or done == 0:
        return 0.0
    part = min(1.0, max(0.0, stages.share)) if done < n else 0.0
    return min(1.0, (done - 1 + part) / (n - 1))


class _Path:
    def __init__(self, part: Part, stage: Stage) -> None:
        self.part, self.stage = part, stage
        self.stages = part["value"].stages
        self.across = part["way"] == "across"
        x, y, w, h = part.box
        self.node = round(part["size"] * 2.1)
        n = max(1, len(self.stages))
        self.step = (w if self.across else h) / n
        half = self.node / 2
        if self.across:
            self.centres = [(x + half + self.step * k, y + half) for k in range(n)]
        else:
            self.centres = [(x + half, y + half + self.step * k) for k in range(n)]
        self.share = reached_share(part["value"])

    def draw(self, canvas: Canvas, t: float) -> None:
        going = in_out(progress(t - WAIT, self.part["over"])) * self.share
        thick = max(4, round(self.part["size"] * 0.28))
        self._line(canvas, 1.0, thick, self.stage.colour("line"))
        self._line(canvas, going, thick, self.stage.colour(self.part["colour"]))
        for k in range(len(self.stages)):
            self._stage(canvas, k, t)

    def _line(self, canvas: Canvas, share: float, thick: int, colour: tuple[int, int, int]) -> None:
        (ax, ay), (bx, by) = self.centres[0], self.centres[-1]
        if self.across:
            canvas.fill(ax, ay - thick / 2, (bx - ax) * share, thick, colour)
        else:
            canvas.fill(ax - thick / 2, ay, thick, (by - ay) * share, colour)

    def _when(self, k: int) -> float:
        """When the filling line arrives at a stage."""
        last = max(1, len(self.stages) - 1)
        reach = (k / last) / self.share if self.share > 0 else 0.0
        over: float = self.part["over"]
        return WAIT + over * min(1.0, reach) * 0.92

    def _stage(self, canvas: Canvas, k: int, t: float) -> None:
        stage, (cx, cy), item = self.stage, self.centres[k], self.stages[k]
        d, size = self.node, self.part["size"]
        line = stage.colour("line")
        canvas.paste(stage.shape("disc", line, d), cx - d / 2, cy - d / 2)
        inner = round(d - max(6, size * 0.34))
        canvas.paste(
            stage.shape("disc", stage.palette.background, inner), cx - inner / 2, cy - inner / 2
        )
        stage.label(canvas, str(k + 1), (cx - d / 2, cy - d / 2, d, d), stage.plain("display", 700),
                    round(size * 0.9), stage.colour("quiet"), "center")  # fmt: skip
        if item.reached:
            grown = overshoot(progress(t - self._when(k), 0.45))
            if grown > 0.02:
                accent = stage.colour(self.part["colour"])
                with canvas.moved(scale=grown, about=(cx, cy)):
                    canvas.paste(stage.shape("disc", accent, d), cx - d / 2, cy - d / 2)
                    tick = round(d * 0.62)
                    mark = stage.shape("tick", stage.colour("on-accent"), tick, size * 0.24)
                    canvas.paste(mark, cx - tick / 2, cy - tick / 2)
        with canvas.moved(alpha=out_cubic(progress(t - 0.1 * k, 0.5))):
            self._words(canvas, k)

    def _words(self, canvas: Canvas, k: int) -> None:
        stage, (cx, cy), item = self.stage, self.centres[k], self.stages[k]
        size, (_x, y, _w, h) = self.part["size"], self.part.box
        if self.across:
            left, top = cx - self.node / 2, cy + self.node / 2 + size * 0.7
            wide, high = self.step - size, y + h - top
        else:
            left, top = cx + self.node / 2 + size * 0.9, cy - self.node / 2
            wide, high = self.part.box[0] + self.part.box[2] - left, self.step - size * 0.4
        name = stage.plain("text", 600)
        second = size * 1.7 if item.display else 0.0
        tone = stage.colour("text" if item.reached else "quiet")
        block = stage.label(canvas, item.name, (left, top, wide, high - second), name, size, tone,
                            "left", "top", 3)  # fmt: skip
        if item.display:
            under = top + block.bottom + size * 0.22
            stage.label(canvas, item.display, (left, under, wide, size * 1.3), stage.plain("text", 400),
                        round(size * 0.88), stage.colour("quiet"), "left", "top")  # fmt: skip


def speak(part: Part) -> list[str]:
    words = []
    for item in part["value"].stages:
        detail = f" ({item.display})" if item.display else ""
        words.append(f"{'✓ ' if item.reached else ''}{item.name}{detail}")
    return ["; ".join(words)]
