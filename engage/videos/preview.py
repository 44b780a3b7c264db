"""`engage video preview`: a page for the designer of a template, drawn anew whenever its files are saved.

An application of its own that answers on this machine alone. Frames come from the reference path; where
the template has mistakes they stand in place of the picture.
"""

from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from threading import Lock
from typing import Any

from flask import Flask, abort, render_template, request, send_file
from werkzeug.wrappers import Response

from engage import clock, config
from engage.config import HOUSE
from engage.db import db
from engage.partners import service as partners
from engage.programmes.models import Programme
from engage.studio import template as studio
from engage.studio.design import ENGLISH, Problem, Template
from engage.studio.plan import Plan, plan
from engage.studio.reel import Reel
from engage.studio.words import told_in
from engage.videos import catalogue, checking, choices, editions, gallery, looks, snapshot, stills
from engage.videos.catalogue import Offered

HOST = "127.0.0.1"
#: Pixels of the longer side of a frame.
SIDE = 960


class Told:
    """The template as its files stand (``digest``), for what the page asks for: the samples, or a partner
    by their id; a format and a language, the first where there is none such."""

    def __init__(
        self,
        slug: str,
        digest: str,
        programme: Programme | None,
        who: str,
        form: str,
        language: str,
    ) -> None:
        self.digest, self.why = digest, ""
        self.plan: Plan | None = None
        self.template: Template | None = None
        self.problems: list[Problem] = checking.problems_of(catalogue.folders()[slug])
        if self.problems:
            return
        self.template, _digest = catalogue.shipped(slug)
        look = editions.latest(programme.id).get(editions.LOOK) if programme else None
        self.theme = looks.theme_of(programme, look.edits if look else None)
        self.form = form if form in self.template.formats else self.template.formats[0]
        self.language = language if language in self.template.words else ENGLISH
        try:
            self.plan = self._planned(programme, who)
        except ValueError as wrong:
            self.why = str(wrong)

    def _planned(self, programme: Programme | None, who: str) -> Plan:
        assert self.template
        if not who:
            return plan(told_in(self.template, self.language), self.template.samples())
        partner = partners.by_external_id(programme.id, who) if programme else None
        if programme is None or partner is None:
            raise ValueError(f"no partner has the id {who}")
        film = Offered(self.template, self.theme, self.digest)
        period = choices.period_for(self.template, programme, clock.now())
        teller = snapshot.Teller(programme, period, config.settings().address, clock.now())
        found = gallery.preview(film, teller, partner, self.form, self.language)
        if found.plan is None:
            raise ValueError(f"no film for {partner.name}: {found.refusal}")
        return found.plan

    def state(self) -> dict[str, Any]:
        """What the page polls: ``version`` changes when there is something else to see."""
        said: dict[str, Any] = {
            "version": f"{self.digest} {id(self)}",
            "problems": [asdict(problem) for problem in self.problems],
            "why": self.why,
            "seconds": self.plan.duration if self.plan else 0,
            "scenes": [],
        }
        if self.template:
            said["formats"] = self.template.formats
            said["languages"] = [ENGLISH, *sorted(self.template.words)]
        if self.plan:
            said["scenes"] = [
                {"name": planned.scene.name, "at": planned.first / self.plan.fps}
                for planned in self.plan.scenes
            ]
        return said


class Desk:
    """What was looked at last, so that frames near each other are drawn quickly and files that nobody
    touched are not read again."""

    def __init__(self, slug: str, programme_id: int | None) -> None:
        self.slug, self.programme_id, self.lock = slug, programme_id, Lock()
        self.asked: tuple[str, ...] = ()
        self.told: Told | None = None
        self.reel: Reel | None = None

    def programme(self) -> Programme | None:
        return db.session.get(Programme, self.programme_id) if self.programme_id else None

    def look(self, wished: Mapping[str, str]) -> Told:
        digest = studio.template_digest(catalogue.folders()[self.slug])
        who, form, language = (wished.get(key, "") for key in ("partner", "format", "language"))
        with self.lock:
            if self.told is None or self.asked != (digest, who, form, language):
                told = Told(self.slug, digest, self.programme(), who.strip(), form, language)
                self.told, self.asked, self.reel = told, (digest, who, form, language), None
            return self.told

    def jpeg(self, told: Told, at: float) -> bytes:
        assert told.plan
        with self.lock:
            if self.reel is None or self.reel.plan is not told.plan:
                self.reel = Reel(told.plan, told.form, told.theme)
            return stills.jpeg(self.reel.image(round(at * told.plan.fps)), SIDE)


def app_for(house: Flask, slug: str, programme: Programme | None) -> Flask:
    """The page's application; ``programme``: whose colours are shown and whose partners can be chosen."""
    app = Flask(
        __name__, template_folder=str(HOUSE / "templates"), static_folder=str(HOUSE / "static")
    )
    app.config["TRUSTED_HOSTS"] = [HOST, "localhost"]
    desk = Desk(slug, programme.id if programme else None)

    @app.get("/")
    def page() -> str:
        with house.app_context():
            people = _people(desk.programme())
        return render_template("video_preview/page.html", slug=slug, people=people)

    @app.get("/state")
    def state() -> dict[str, Any]:
        with house.app_context():
            return desk.look(request.args).state()

    @app.get("/frame.jpg")
    def frame() -> Response:
        with house.app_context():
            told = desk.look(request.args)
        if told.plan is None:
            abort(404)
        picture = desk.jpeg(told, request.args.get("at", 0.0, type=float))
        return send_file(BytesIO(picture), mimetype="image/jpeg", max_age=0)

    @app.after_request
    def closed(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = "default-src 'self'"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return app


def _people(programme: Programme | None) -> list[tuple[str, str]]:
    """Partners worth looking at, by their ids."""
    if programme is None:
        return []
    period = choices.periods_to_choose(programme, clock.now())[0]
    return [
        (who.external_id, f"{who.name} ({why})")
        for why, who in gallery.faces(programme, period).items()
    ]
