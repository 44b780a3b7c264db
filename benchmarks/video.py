"""What films cost: `python benchmarks/video.py [--films 6] [--ordinary 1] [--template recap] [--quick]`.

Renders the film of partners of the demo by the pipeline, and a few of them by an ordinary MoviePy
composite of the same content (`floor/composite.py`, MoviePy's own encoder settings), in turn. All
figures are CPU seconds of whole process trees, start-up and what a batch has in common spread over
its films. Beside them: what encoding alone takes of the pictures that were encoded for a partner,
bytes, SSIM against the reference path's pictures, and the worker's memory from film to film.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import av
import psutil
from floor import composite
from imageio_ffmpeg import get_ffmpeg_exe

from engage.studio import film, h264, quick, values
from engage.studio.plan import plan
from engage.studio.planes import YUV
from engage.studio.reel import Reel
from engage.studio.stage import FORMATS
from engage.studio.template import load
from engage.studio.theme import Theme

HOUSE = Path(__file__).parents[1]
PRESETS = ("ultrafast", "medium")


def snapshots(home: Path, template: str, many: int) -> list[dict[str, Any]]:
    """What the films of the demo's partners would tell."""
    os.environ["ENGAGE_HOME"] = str(home)
    from engage import clock, create_app
    from engage.config import Settings

    settings = Settings()
    with create_app(settings).app_context():
        made = seeded(template, many, settings, clock.now())[-1]
        return [dict(draft.snapshot) for draft in made]


def seeded(template: str, many: int, settings: Any, now: Any) -> tuple[Any, Any, Any, list[Any]]:
    """Fill an empty house with the demo: its programme, the template, the period that is told of and
    drafts of so many films; who gets none is left out."""
    from sqlalchemy import select

    from engage import clock, periods
    from engage.db import db
    from engage.demo.seed import seed
    from engage.partners.models import Partner
    from engage.programmes.models import Programme
    from engage.services.schema import bring_up_to_date
    from engage.videos import catalogue, drafts

    bring_up_to_date(settings)
    seed(settings, max(30, many * 2), now)
    programme = db.session.scalars(select(Programme)).one()
    kind = "year" if template == "year-end" else "quarter"
    period = periods.containing(clock.local_day(now, programme.timezone), kind).previous()
    film = catalogue.load(template)
    partners = db.session.scalars(select(Partner).order_by(Partner.id))
    made = drafts.drafts(
        programme, film, partners, period=period, address=settings.address, now=now
    )
    return programme, film, period, [draft for draft in made if not draft.refusal][:many]


# --- what is measured, each in a process of its own -------------------------------------------


def pipeline(job: dict[str, Any]) -> dict[str, Any]:
    """Films by the pipeline; memory after each, in MB."""
    template, memory = load(HOUSE / "video_templates" / job["template"]), []
    for number, told in zip(job["numbers"], job["snapshots"], strict=True):
        out = Path(job["home"]) / f"{number}.mp4"
        film.render(
            template,
            values.from_json(told),
            out,
            format=job["format"],
            cache=Path(job["home"]) / "cache",
        )
        memory.append(psutil.Process().memory_info().rss / 1e6)
    return {"memory": memory}


def ordinary(job: dict[str, Any]) -> dict[str, Any]:
    """One film by an ordinary composite."""
    composite.write(reel_of(job), Path(job["home"]) / "ordinary.mp4")
    return {}


def encoding(job: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds of encoding alone: the pictures of one film that are not common to the batch."""
    reel = reel_of(job, YUV)
    own = [run for run in quick.runs(reel) if not run.common]
    size, fps = FORMATS[reel.form], reel.plan.fps
    taken = dict.fromkeys(PRESETS, 0.0)
    for run in own:
        pictures = [[plane.copy() for plane in reel.turn(k)[0]] for k in range(run.first, run.end)]
        for preset in PRESETS:
            begin = process_time()
            _encode(pictures, preset, size, fps)
            taken[preset] += process_time() - begin
    return {"pictures": sum(run.end - run.first for run in own), **taken}


def _encode(pictures: list[list[Any]], preset: str, size: tuple[int, int], fps: int) -> None:
    """libx264 with nothing known about its pictures, quality as it comes."""
    context = av.CodecContext.create("libx264", "w")
    h264.tag(context, size, fps)
    context.options = {"preset": preset, "threads": "1"}
    frame = av.VideoFrame(*size, "yuv420p")
    for number, picture in enumerate(pictures):
        for view, plane in zip(h264.views(frame), picture, strict=True):
            view[:] = plane
        frame.pts = number
        context.encode(frame)
    context.encode(None)


def reel_of(job: dict[str, Any], *medium: Any) -> Reel:
    template = load(HOUSE / "video_templates" / job["template"])
    made = plan(template, values.from_json(job["snapshots"][0]))
    return Reel(made, job["format"], Theme(), *medium)


PARTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "pipeline": pipeline, "ordinary": ordinary, "encoding": encoding,
}  # fmt: skip


def apart(name: str, job: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Run a part in a process of its own; CPU seconds of it and its children, and what it found."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(
        [sys.executable, __file__, "--part", name], input=json.dumps(job), text=True,
        stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, json.loads(run.stdout)


# --- the comparison ---------------------------------------------------------------------------


def ssim(reel: Reel, path: Path) -> float:
    """Likeness of a film to the reference pictures, 0..1, by ffmpeg over all planes."""
    width, height = FORMATS[reel.form]
    run = subprocess.Popen(
        [get_ffmpeg_exe(), "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
         "-r", str(reel.plan.fps), "-i", "-", "-i", str(path), "-lavfi",
         "[0:v]scale=out_color_matrix=bt709:out_range=tv,format=yuv420p[a];[a][1:v]ssim",
         "-f", "null", "-"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert run.stdin
    for number in range(reel.plan.frames):
        run.stdin.write(reel.pixels(number).tobytes())
    told = run.communicate()[1].decode()
    return float(re.findall(r"All:([\d.]+)", told)[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=6, help="made by the pipeline")
    parser.add_argument("--ordinary", type=int, default=1, help="made by ordinary MoviePy")
    parser.add_argument("--template", default="recap")
    parser.add_argument("--format", default="16:9", choices=tuple(FORMATS))
    parser.add_argument("--part", choices=tuple(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="small: does it run, roughly how fast")
    options = parser.parse_args()
    if options.quick:
        options.films, options.ordinary = 2, 0
    if options.part:
        print(json.dumps(PARTS[options.part](json.load(sys.stdin))))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), options)


def _frames(template: str, told: dict[str, Any]) -> int:
    return plan(load(HOUSE / "video_templates" / template), values.from_json(told)).frames


def _usual_last(frames: list[int]) -> list[int]:
    """Films by how far they are from the average length, the most usual one last: it is the one that
    is made the ordinary way, so that a mean is held against its like."""
    mean = sum(frames) / len(frames)
    return sorted(range(len(frames)), key=lambda k: -abs(frames[k] - mean))


def compare(home: Path, options: argparse.Namespace) -> None:
    told = snapshots(home / "house", options.template, options.films)
    told = [told[k] for k in _usual_last([_frames(options.template, one) for one in told])]
    job = {"home": str(home), "template": options.template, "format": options.format}
    rounds = max(1, options.ordinary)
    quickly, plainly, memory, ratios = [], [], [], []
    for k in range(rounds):
        numbers = range(len(told))[k::rounds]
        share = [told[number] for number in numbers]
        one = {**job, "snapshots": share[-1:]}
        if options.ordinary:
            plainly.append(apart("ordinary", one)[0])
            ordinary_size = (home / "ordinary.mp4").stat().st_size
        spent, found = apart("pipeline", {**job, "snapshots": share, "numbers": list(numbers)})
        quickly.append(spent / len(share))
        memory.append(found["memory"])
        if options.ordinary:
            ratios.append((home / f"{numbers[-1]}.mp4").stat().st_size / ordinary_size)
    _, alone = apart("encoding", one)
    reel = reel_of(one)
    print(f"{len(told)} films of the demo by {options.template}, {options.format}; the last one "
          f"has {reel.plan.frames} frames, {reel.plan.duration:g} s")  # fmt: skip
    mean = sum(quickly) / rounds
    print(f"pipeline          {mean:6.2f} CPU s a film, start-up and common parts included")
    if plainly:
        usual = sum(plainly) / rounds
        print(f"ordinary MoviePy  {usual:6.2f} CPU s a film")
        print(f"pipeline : ordinary                     {mean / usual:6.1%}   (goal: 3 %)")
    for name in PRESETS:
        print(f"pipeline : encoding alone, {name:9}    {mean / alone[name]:6.2f}   (goal: 1.5; "
              f"{alone['pictures']} pictures in {alone[name]:.2f} CPU s)")  # fmt: skip
    if ratios:
        print(
            f"bytes, pipeline : ordinary              {sum(ratios) / len(ratios):6.2f}   (goal: 1.1)"
        )
        print(f"ordinary film's distance from reference {composite.distance(reel):6.2f}   of 255")
    print(f"SSIM against the reference path         {ssim(reel, home / f'{numbers[-1]}.mp4'):6.4f}"
          "   (goal: 0.995)")  # fmt: skip
    whole = memory[0]
    print(f"memory            {max(map(max, memory)):6.0f} MB at most (goal: 350), "
          f"{whole[0]:.0f} after the first film, {whole[-1]:.0f} after {len(whole)}")  # fmt: skip
    print(f"1,000 films on two cores: {mean * 1000 / 2 / 60:.1f} minutes (goal: 20)")


if __name__ == "__main__":
    main()
