"""The film's pictures: any frame of a plan in any medium, quickest in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from PIL import Image

from engage.studio import ground
from engage.studio.canvas import Box, Canvas, Op
from engage.studio.design import Layer
from engage.studio.easing import CURVES, progress
from engage.studio.layers import KINDS
from engage.studio.painter import PILLOW, Medium, Painter, Picture, Pixels
from engage.studio.plan import Plan, PlannedScene, part_of
from engage.studio.stage import FORMATS, Drawing, Stage
from engage.studio.theme import BACKGROUNDS, Theme, palette
from engage.studio.transitions import BLENDS
from engage.studio.typeface import MissingScript, missing_script
from engage.studio.values import texts


class _Actor:
    """A layer ready to be drawn, which keeps the operations of its still time."""

    def __init__(self, layer: Layer, drawing: Drawing, box: tuple[int, int, int, int], unit: float):
        self.layer, self.drawing, self.unit = layer, drawing, unit
        self.box: Box = (box[0], box[1], box[0] + box[2], box[1] + box[3])
        entered = layer.enter_seconds if layer.enter != "none" else 0.0
        self.still_from = max(drawing.settles, entered)
        self.leaves_at = layer.duration - (layer.exit_seconds if layer.exit != "none" else 0.0)
        self.still: list[Op] | None = None

    def ops(self, t: float, size: tuple[int, int], seen: float = 1.0) -> list[Op]:
        """What to paste at ``t`` seconds of the scene, all of it under the opacity ``seen``."""
        layer, local = self.layer, t - self.layer.start
        if local < 0.0 or local > layer.duration:
            return []
        held = self.still_from <= local < self.leaves_at and seen == 1.0
        if held and self.still is not None:
            return self.still
        canvas = Canvas(size)
        curve = CURVES[layer.ease]
        with ExitStack() as moves:
            if seen < 1.0:
                moves.enter_context(canvas.moved(alpha=seen))
            if layer.enter != "none" and local < layer.enter_seconds:
                gone = progress(local, layer.enter_seconds)
                self._move(moves, canvas, layer.enter, curve(gone), gone)
            if layer.exit != "none" and local > self.leaves_at:
                gone = 1.0 - progress(local - self.leaves_at, layer.exit_seconds)
                self._move(moves, canvas, layer.exit, CURVES["even"](gone), gone)
            self.drawing.draw(canvas, local)
        if held:
            self.still = canvas.ops
        return canvas.ops

    def _move(self, moves: ExitStack, canvas: Canvas, word: str, share: float, gone: float) -> None:
        """One of the entrances; ``share`` follows the curve, ``gone`` is plain time."""
        left, top, right, bottom = self.box
        way, seen = (1.0 - share) * 48 * self.unit, min(1.0, gone * 1.7)
        match word:
            case "rise":
                moves.enter_context(canvas.moved(dy=way, alpha=seen))
            case "drop":
                moves.enter_context(canvas.moved(dy=-way, alpha=seen))
            case "left":
                moves.enter_context(canvas.moved(dx=-2 * way, alpha=seen))
            case "right":
                moves.enter_context(canvas.moved(dx=2 * way, alpha=seen))
            case "pop":
                middle = ((left + right) / 2, (top + bottom) / 2)
                moves.enter_context(canvas.moved(scale=max(0.01, share), about=middle, alpha=seen))
            case "wipe":
                edge = left + round((right - left) * share)
                moves.enter_context(canvas.clipped((left, 0, edge, canvas.size[1])))
            case _:
                moves.enter_context(canvas.moved(alpha=gone))


class _Set:
    """One scene made ready in one format."""

    def __init__(
        self, plan: Plan, planned: PlannedScene, form: str, theme: Theme, medium: Medium
    ) -> None:
        self.planned, self.fps, self.size = planned, plan.fps, FORMATS[form]
        scene, folder = planned.scene, plan.template.folder
        pictured = scene.background not in BACKGROUNDS and not scene.background.startswith("#")
        self.palette = palette(theme, "ink" if pictured else scene.background)
        colour = self.palette.background
        if pictured:
            path = folder / scene.background
            self.ground = ground.pictured(self.size, path, path.stat().st_mtime, colour)
        elif scene.light is not None:
            self.ground = ground.lit(self.size, colour, self.palette.colour("accent"), scene.light)
        else:
            self.ground = ground.plain(self.size, colour)
        stage = Stage(self.size, self.palette, theme, folder, plan.template.fonts)
        self.painter = Painter(self.ground, medium)
        self.actors = []
        for layer in planned.layers:
            if form in layer.boxes:
                drawing = KINDS[layer.kind].prepare(part_of(plan, layer, form), stage)
                self.actors.append(_Actor(layer, drawing, layer.boxes[form], stage.unit))

    def acts(self, frame: int) -> Iterator[list[Op]]:
        """What each layer pastes in a frame of the scene."""
        left = self.planned.frames - 1 - frame
        staying = left / self.planned.leave if left < self.planned.leave else 1.0
        for actor in self.actors:
            decoration = KINDS[actor.layer.kind].BLEEDS
            yield actor.ops(frame / self.fps, self.size, 1.0 if decoration else staying)

    def turn(self, frame: int) -> tuple[Picture, list[Box]]:
        """The picture of a frame of the scene, and where it differs from the one turned to before."""
        changed = self.painter.paint([op for ops in self.acts(frame) for op in ops])
        return self.painter.picture, changed


class Reel:
    """Frames of a plan in one format. Asked in order, it redraws only what moves.

    Raises `MissingScript` at once where this machine has no font for a text."""

    def __init__(self, plan: Plan, form: str, theme: Theme, medium: Medium = PILLOW) -> None:
        if form not in plan.template.formats:
            raise ValueError(
                f"{plan.template.slug} has no format {form!r}, only {', '.join(plan.template.formats)}"
            )
        for value in plan.data.values():
            for text in texts(value):
                script = missing_script(text)
                if script is not None:
                    raise MissingScript(text, script)
        self.plan, self.form, self.theme, self.medium = plan, form, theme, medium
        self._index = -1
        self._set: _Set | None = None
        self._old: _Set | None = None
        self._before: Picture | None = None

    def turn(self, frame: int) -> tuple[Picture, list[Box] | None]:
        """The planes of a frame (0 to ``plan.frames`` - 1), not to be written to, and the boxes in
        which it differs from the frame asked for before, if that was the one before it in the same
        scene; None where it may differ anywhere."""
        index = max(k for k, s in enumerate(self.plan.scenes) if s.first <= frame)
        now = self._enter(index)
        local = frame - now.planned.first
        new, changed = now.turn(local)
        lasts = transition_frames(now.planned, self.plan.fps) if index else 0
        if local >= lasts:
            return new, changed if local > lasts else None
        blend, share = BLENDS[now.planned.scene.transition], (local + 1) / (lasts + 1)
        accent = self.medium.colour(now.palette.colour("accent"))
        pairs = zip(self._ended(index - 1), new, accent, strict=True)
        return tuple(blend(a, b, share, colour) for a, b, colour in pairs), None

    def _enter(self, index: int) -> _Set:
        """The scene of an index made ready; the one before it is kept for its last picture."""
        if self._set is None or index != self._index:
            self._old, self._before = self._set if self._index == index - 1 else None, None
            self._index, self._set = index, self._made(index)
        return self._set

    def _ended(self, index: int) -> Picture:
        """The last picture of a scene, from which the next one comes in."""
        if self._before is None:
            old = self._old or self._made(index)
            self._before, _ = old.turn(old.planned.frames - 1)
        return self._before

    def _made(self, index: int) -> _Set:
        return _Set(self.plan, self.plan.scenes[index], self.form, self.theme, self.medium)

    def pixels(self, frame: int) -> Pixels:
        """A frame as height × width × 3 bytes of RGB, of a reel in Pillow's medium; the first or
        last one where there is none of that number."""
        return self.turn(max(0, min(frame, self.plan.frames - 1)))[0][0]

    def image(self, frame: int) -> Image.Image:
        """A frame as a Pillow image of its own."""
        return Image.fromarray(self.pixels(frame).copy())


def transition_frames(planned: PlannedScene, fps: int) -> int:
    """For how many frames of a scene the one before it shows."""
    return round(planned.scene.transition_seconds * fps)
