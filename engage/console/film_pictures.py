"""Stills of films for the console: a draft with real partners, and the gallery of every template."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from flask import abort, g, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage import config
from engage.console import film_form
from engage.console.film_subject import Subject, blueprint
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.studio.design import ENGLISH
from engage.studio.stage import FORMATS
from engage.studio.template import TemplateError
from engage.videos import audiences, catalogue, choices, gallery, looks, snapshot, stills
from engage.videos.catalogue import Offered
from engage.videos.gallery import Preview
from engage.web import allow
from engage.web.here import programme
from engage.web.locales import viewer

#: Pixels of the longer side: enough for the page, little to draw and to send.
WIDTH = 720


def why_names() -> dict[str, str]:
    return {
        "chosen": _("Whom you chose"),
        "newcomer": _("New here"),
        "champion": _("Sold most"),
        "dipped": _("Sold less than before"),
        "longest": _("The longest name"),
    }


def teller(film: Offered) -> snapshot.Teller:
    here = programme()
    period = choices.period_for(film.template, here, g.now)
    return snapshot.Teller(here, period, config.settings().address, g.now)


# --- a draft with partners ------------------------------------------------------------------------


@blueprint.get("/<slug>/preview")
@allow("manager")
def preview(slug: str) -> str:
    return render_template("console_films/_film_preview.html", **previewed(Subject(slug)))


def previewed(subject: Subject) -> dict[str, Any]:
    """A scene of the draft for whoever was chosen and for the partners whose films differ most."""
    film = _drafted(subject)
    telling = teller(film)
    form = _format(film)
    language = request.args.get("told_in", "")
    language = language if language in (ENGLISH, *film.template.words) else ""
    scenes = [scene.name for scene in film.template.scenes]
    scene = request.args.get("scene", "")
    scene = scene if scene in scenes else film.template.poster
    typed = request.args.get("partner", "").strip()[:200]
    like = audiences.like(telling.programme, typed) if typed else []
    faces = ({"chosen": like[0]} if len(like) == 1 else {}) | _faces(telling)
    ((_scene, pictures),) = _pictures(
        film, telling, faces, [scene], form, language, page=subject.slug
    )
    offered, _broken = catalogue.offered(telling.programme)
    return {
        "subject": subject,
        "film": film,
        "form": form,
        "formats": [(name, name) for name in film.template.formats],
        "told_in": language,
        "partner": typed,
        "alike": like if len(like) > 1 else [],
        "unknown": bool(typed) and not like,
        "scene": scene,
        "names": [(name, film_form.scene_name(name)) for name in scenes],
        "templates": [(one.slug, one.template.title) for one in offered],
        "period": viewer().period(telling.told_period) if telling.told_period else "",
        "pictures": pictures,
    }


def _drafted(subject: Subject) -> Offered:
    """The film of the page; for the look, the one that is chosen to look at it by."""
    slug = subject.slug
    if subject.is_look:
        slug = request.args.get("film", "")
        # Where nothing is chosen, one that can be told of nearly everybody.
        slug = slug if slug in catalogue.folders() else "recap"
    try:
        return catalogue.drafted(slug, subject.programme)
    except (catalogue.UnknownTemplate, TemplateError):
        abort(404)


def _format(film: Offered) -> str:
    form = request.args.get("format", "")
    return form if form in film.template.formats else film.template.formats[0]


def _faces(telling: snapshot.Teller) -> dict[str, Partner]:
    here = telling.programme
    period = telling.told_period or choices.periods_to_choose(here, telling.now)[0]
    return gallery.faces(here, period)


def _pictures(
    film: Offered, telling: snapshot.Teller, faces: dict[str, Partner], scenes: Iterable[str],
    form: str, language: str = "", page: str | None = None,
) -> list[tuple[str, list[dict[str, Any]]]]:  # fmt: skip
    """By scene, each partner with the address of the picture, or why there is none."""
    made = {
        why: gallery.preview(film, telling, who, form, language or None)
        for why, who in faces.items()
    }

    def picture(scene: str, why: str) -> dict[str, Any]:
        one, who = made[why], faces[why]
        shown = {
            "partner": who,
            "why": why_names()[why],
            "missing": one.refusal,
            "size": FORMATS[form],
        }
        if one.plan and scene not in {planned.scene.name for planned in one.plan.scenes}:
            shown["missing"] = _("Not in their film: this scene has nothing to tell of them.")
        shown["src"] = url_for(
            ".still", slug=film.slug, partner=who.external_id, scene=scene, format=form,
            language=language or None, page=page, v=one.key[:12],
        )  # fmt: skip
        return shown

    return [(scene, [picture(scene, why) for why in faces]) for scene in scenes]


@blueprint.get("/<slug>/still.jpg")
@allow("manager")
def still(slug: str) -> Response:
    """A scene for a partner: as drafted, or (without ``page``) as published."""
    try:
        chosen = catalogue.drafted if "page" in request.args else catalogue.load
        film = chosen(slug, programme())
    except (catalogue.UnknownTemplate, TemplateError):
        abort(404)
    who = partners.by_external_id(g.seat.programme.id, request.args.get("partner", ""))
    if who is None:
        abort(404)
    form, language = _format(film), request.args.get("language")
    language = language if language in (ENGLISH, *film.template.words) else None
    made = gallery.preview(film, teller(film), who, form, language)
    if made.plan is None:
        abort(404)
    scene = stills.scene_of(made.plan, request.args.get("scene"))
    return _sent(made, film, scene.scene.name, form)


def _sent(made: Preview, film: Offered, scene: str, form: str) -> Response:
    """The picture; drawn only where the browser has it not."""
    assert made.plan is not None
    tag = f"{made.key[:24]}-{scene}-{WIDTH}"
    if request.if_none_match.contains(tag):
        answer = Response(status=304)
    else:
        image = stills.drawn(made.plan, stills.scene_of(made.plan, scene), form, film.theme)
        answer = send_file(BytesIO(stills.jpeg(image, WIDTH)), mimetype="image/jpeg")
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


# --- the gallery ----------------------------------------------------------------------------------


@blueprint.get("/gallery")
@allow("manager")
def all_films() -> str:
    """Every template with the partners whose films differ most, and with the longest name."""
    here, voice = programme(), viewer()
    offered, _broken = catalogue.offered(here)
    one = next((film for film in offered if film.slug == request.args.get("film")), None)
    wished = request.args.get("format", "")
    form = wished if wished in FORMATS else next(iter(FORMATS))
    rows, unseen = [], []
    for film in [one] if one else offered:
        if form not in film.template.formats:
            continue
        telling, template = teller(film), film.template
        scenes = [scene.name for scene in template.scenes] if one else [template.poster]
        title = template.title
        if telling.told_period:
            title = f"{title}: {voice.period(telling.told_period)}"
        for scene, pictures in _pictures(film, telling, _faces(telling), scenes, form):
            name = film_form.scene_name(scene)
            if scene != template.poster and all(picture["missing"] for picture in pictures):
                unseen.append(name)
            else:
                rows.append((name if one else title, film.slug, pictures))
    return render_template(
        "console_films/gallery.html",
        one=one,
        rows=rows,
        unseen=voice.all_of(unseen),
        form=form,
        formats=list(FORMATS),
    )


@blueprint.get("/look/logo/<digest>.png")
@allow("manager")
def logo(digest: str) -> Response:
    """A logo of the programme's that was uploaded, or (``shipped``) the one its theme's file names."""
    if digest == "shipped":
        path = looks.theme_of(programme()).logo
    else:
        path = looks.logo_of(g.seat.programme.id, digest)
    if path is None:
        abort(404)
    answer = send_file(path, conditional=True)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
