"""Films under a killer: `python benchmarks/soak.py [--films 200] [--kills 50] [--seed 1] [--quick]`.

Orders recaps for partners of the demo and has real RQ workers make them, with the house's scheduler
beside them, while workers and the processes of their jobs are sent SIGKILL at random moments; a dead
worker is started again, as the supervisor would. Every film that becomes visible is looked at in
that moment. In the end there has to be one film for each partner, all distinct, each decoded to its
last picture by ffmpeg, none made twice, nothing left aside. Exit 1 if not. With `--kills 0` it tells what
films cost by real workers.
"""

import argparse
import hashlib
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from imageio_ffmpeg import get_ffmpeg_exe
from video import seeded

HOUSE = Path(__file__).parents[1]
WORKERS = 2
RECOVERY = 60.0  # seconds within which what a kill took has to be back
TICK = 0.05


class Row(NamedTuple):
    id: int
    key: str
    state: str
    attempts: int
    started_at: Any


@dataclass
class Kill:
    """Which row (by its key and start) died with a process, if one did, and when it was given back."""

    at: float
    whom: str
    lost: tuple[str, Any] | None
    back: float | None = None


@dataclass
class Soak:
    media: Path
    log: Any
    chance: random.Random
    films: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    seen: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    arrived: list[float] = field(default_factory=list)
    asked_again: int = 0
    wrong: list[str] = field(default_factory=list)

    def tend(self) -> None:
        """Start what is not alive."""
        for name in [*(f"worker {n + 1}" for n in range(WORKERS)), "scheduler"]:
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                words = ["scheduler"] if name == "scheduler" else ["videos"]
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "worker.py", *words], cwd=HOUSE, stdout=self.log,
                    stderr=self.log, start_new_session=True,
                )  # fmt: skip

    def look(self) -> None:
        """Whatever can be seen is whole, and stays what it was."""
        from engage.studio import mp4
        from engage.videos import shelf

        for path in (self.media / "films").glob(f"*/*/{shelf.FILM}"):
            stat = path.stat()
            now = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if path not in self.seen:
                self.seen[path] = now
                self.arrived.append(time.monotonic())
                try:
                    mp4.inspect(path)
                except mp4.BrokenFilm as broken:
                    self.wrong.append(f"{path.parent.name} was visible and not whole: {broken}")
            elif self.seen[path] != now:
                self.seen[path] = now
                self.wrong.append(f"{path.parent.name} was made twice")

    def kill(self, rows: list[Row]) -> None:
        """SIGKILL for a worker or the process of its job, whichever chance says."""
        worker = self.chance.choice(
            [psutil.Process(p.pid) for n, p in self.processes.items() if n != "scheduler"]
        )
        children = worker.children()
        victim = self.chance.choice([worker, *children[:1]])
        aside = [left for child in children for left in self._aside(child.pid)]
        lost = [(row.key, row.started_at) for row in rows if row.key in aside]
        victim.kill()
        whom = "worker" if victim == worker else "job"
        self.kills.append(Kill(time.monotonic(), whom, lost[0] if lost else None))

    def _aside(self, pid: int) -> list[str]:
        """The film a process is making, by the folder it makes it in."""
        return [p.name.split(".")[0] for p in (self.media / "making").glob(f"*.{pid}")]

    def recovered(self, rows: list[Row]) -> None:
        held = {(row.key, row.started_at) for row in rows if row.state == "rendering"}
        for kill in self.kills:
            if kill.back is None and kill.lost not in held:
                kill.back = time.monotonic()


def rows() -> list[Row]:
    from sqlalchemy import select

    from engage.db import db
    from engage.videos.models import Video

    columns = (Video.id, Video.key, Video.state, Video.attempts, Video.started_at)
    found = [Row(*row) for row in db.session.execute(select(*columns))]
    db.session.rollback()
    return found


def order(films: int, now: Any, settings: Any) -> None:
    """A batch of recaps for the first partners who can have one; nothing else waits."""
    from engage.db import db, transaction
    from engage.videos import jobs, service
    from engage.videos.models import FilmName, Video, VideoOrder

    programme, film, period, made = seeded("recap", films, settings, now)

    def work() -> list[int]:
        for stored in (FilmName, VideoOrder, Video):
            db.session.query(stored).delete()
        return service.order(
            programme, film, [draft.partner_id for draft in made], period=period, reason="manager",
            ordered_by=None, address=settings.address, now=now,
        ).to_make  # fmt: skip

    jobs.wake(transaction(work))


def ask_again(failed: list[int]) -> None:
    """What died three times is asked for again, as a manager would."""
    from engage import clock
    from engage.db import transaction
    from engage.videos import jobs, service

    transaction(lambda: service.requeue(failed, clock.now()))
    jobs.wake(failed)


def run(soak: Soak, kills: int) -> None:
    """Until every film is there."""
    begun = time.monotonic()
    due = begun + 5.0
    while True:
        soak.tend()
        soak.look()
        found = rows()
        soak.recovered(found)
        done = sum(row.state == "done" for row in found)
        failed = [row.id for row in found if row.state == "failed"]
        if failed:
            soak.asked_again += len(failed)
            ask_again(failed)
        if done == len(found) == soak.films:
            return
        now = time.monotonic()
        if now >= due and len(soak.kills) < kills:
            soak.kill(found)
            pace = (now - begun) / (done + 1) * (soak.films - done)
            due = now + soak.chance.uniform(0, 2) * max(0.5, pace / (kills - len(soak.kills) + 1))
        time.sleep(TICK)


def judge(soak: Soak) -> None:
    """What is there in the end."""
    soak.look()
    if len(soak.seen) != soak.films:
        soak.wrong.append(f"{len(soak.seen)} films are there instead of {soak.films}")
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in soak.seen}
    if len(digests) != soak.films:
        soak.wrong.append(f"{len(digests)} of them are distinct")
    for path in soak.seen:
        told = subprocess.run(
            [get_ffmpeg_exe(), "-v", "error", "-xerror", "-threads", "1", "-i", str(path), "-f", "null", "-"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if told.returncode or told.stderr:
            soak.wrong.append(f"{path.parent.name} does not decode: {told.stderr.strip()[-200:]}")
    left = list((soak.media / "making").iterdir())
    if left:
        soak.wrong.append(f"{len(left)} folders are left aside")


def tell(soak: Soak, seconds: float, cpu: float) -> None:
    lost = [kill for kill in soak.kills if kill.lost]
    took = [(kill.back or time.monotonic()) - kill.at for kill in lost]
    gaps = [
        min((at for at in soak.arrived if at > kill.at), default=kill.at) - kill.at
        for kill in soak.kills
    ]
    if took and max(took) > RECOVERY:
        soak.wrong.append(f"what a kill took was back after {max(took):.0f} s")
    whom = [kill.whom for kill in soak.kills]
    if not whom:  # what belonged to the killed is counted nowhere
        print(f"{cpu / soak.films:.2f} CPU s a film, workers and scheduler with all they start")
    print(f"{len(soak.seen)} films by {WORKERS} workers in {seconds:.0f} s; {len(whom)} kills "
          f"({whom.count('worker')} workers, {whom.count('job')} jobs), {len(lost)} in the middle of a film")  # fmt: skip
    print(f"a lost film was given back within      {max(took, default=0):5.1f} s   (goal: {RECOVERY:.0f})")  # fmt: skip
    print(f"the next film arrived after a kill in  {max(gaps, default=0):5.1f} s at most")
    print(f"given up after three deaths, and asked for again: {soak.asked_again}")
    print("all distinct, all decode, none made twice, none visible before it was whole, nothing left"
          if not soak.wrong else "\n".join(soak.wrong))  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="12 films, 4 kills")
    options = parser.parse_args()
    if options.quick:
        options.films, options.kills = 12, 4
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"ENGAGE_HOME": folder}
        from engage import clock, create_app
        from engage.config import Settings
        from engage.services.valkey import ensure_valkey

        valkey = ensure_valkey(Path(folder))
        os.environ["REDIS_URL"] = valkey.url
        settings = Settings()
        log = (Path(folder) / "log").open("wb")
        soak = Soak(settings.media_dir, log, random.Random(options.seed), options.films)
        try:
            with create_app(settings).app_context():
                order(options.films, clock.now(), settings)
                begun = time.monotonic()
                run(soak, options.kills)
                took = time.monotonic() - begun
        finally:
            for process in soak.processes.values():
                process.terminate()
                process.wait()
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            valkey.stop(force=True)
        judge(soak)
        tell(soak, took, used.ru_utime + used.ru_stime)
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
