"""Templates of films in the console: changed without code, looked at with real partners, published.

What is changed lies in a draft that any manager of the programme may go on with; every version that
was published stays, and can be gone back to (`engage.videos.editions`).
"""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage.console import film_form
from engage.console.film_pictures import previewed
from engage.console.film_subject import Errors, Subject, blueprint
from engage.db import transaction
from engage.studio.design import ENGLISH, Template
from engage.studio.edits import Edits, arranged, must_stand, slots
from engage.studio.theme import Theme
from engage.videos import catalogue, editions, looks
from engage.videos.editions import LOOK
from engage.web import allow

Answer = str | Response | tuple[str, int]
_LARGEST_LOGO = 4 * 1024 * 1024


# --- all of them ----------------------------------------------------------------------------------


@blueprint.get("/")
@allow("manager")
def index() -> str:
    offered, broken = catalogue.offered(g.seat.programme)
    return render_template(
        "console_films/index.html",
        offered=offered,
        broken=broken,
        published=editions.latest(g.seat.programme.id),
        drafts=editions.drafts(g.seat.programme.id),
        look=LOOK,
    )


# --- the form -------------------------------------------------------------------------------------


@blueprint.get("/<slug>")
@allow("manager")
def edit(slug: str) -> Answer:
    subject = Subject(slug)
    return _page(subject, subject.edits, subject.errors(subject.edits))


def _page(subject: Subject, edits: Edits, wrong: Errors) -> str:
    said = _form(subject, edits, wrong) | previewed(subject)
    return render_template("console_films/edit.html", **said)


def _form(subject: Subject, edits: Edits, wrong: Errors) -> dict[str, Any]:
    language = request.values.get("language", ENGLISH)
    said: dict[str, Any] = {
        "subject": subject,
        "part": "colours" if subject.is_look else "words",
        "wrong": wrong,
        "language": language if language in subject.languages else ENGLISH,
        "changed": edits != subject.stands,
    }
    if isinstance(subject.base, Theme):
        theme = subject.base
        return said | {
            "colours": [
                (name, called, edits.get("colours", {}).get(name, getattr(theme, name)))
                for name, called in film_form.colour_names().items()
            ],
            "logo": edits.get("logo", "shipped" if theme.logo else ""),
        }
    template = subject.base
    return said | {
        "music": edits.get("music", template.music),
        "music_names": film_form.music_names(),
        "scenes": _scenes(template, edits, said["language"]),
        "title": _words(template, edits, said["language"])[""],
        "everywhere": [
            n
            for n, f in template.fields.items()
            if not f.optional and f.shape in ("text", "number")
        ],
    }


def _words(template: Template, edits: Edits, language: str) -> dict[str, list[dict[str, Any]]]:
    """The texts of each scene (the title's: none) with what they say, what is shipped and their fields."""
    found: dict[str, list[dict[str, Any]]] = {"": []}
    for slot in slots(template):
        found.setdefault(slot.scene, []).append(
            {
                "input": film_form.input_of(slot.text),
                "is_said": slot.said,
                "english": film_form.said(template, edits, ENGLISH, slot.text),
                "shipped": film_form.said(template, {}, language, slot.text),
                "said": film_form.said(template, edits, language, slot.text),
                "fields": slot.fields,
            }
        )
    return found


def _scenes(template: Template, edits: Edits, language: str) -> list[dict[str, Any]]:
    words = _words(template, edits, language)
    return [
        {
            "name": scene.name,
            "called": film_form.scene_name(scene.name),
            "on": on,
            "must": must_stand(template, scene.name),
            "seconds": scene.seconds,
            "texts": words.get(scene.name, []),
        }
        for scene, on in arranged(template, edits)
    ]


@blueprint.post("/<slug>")
@allow("manager")
def save(slug: str) -> Answer:
    """Keep what was sent as the draft; with ``do=review`` go on to what it changes."""
    subject, what = Subject(slug), request.form.get("do", "")
    edits = subject.read()
    wrong = _keep_logo(subject, edits)
    keep(subject, edits)
    wrong |= subject.errors(edits)
    if what == "review" and not wrong:
        return redirect(url_for(".review", slug=slug), 303)
    if what == "review" or ("", "logo") in wrong:
        return _page(Subject(slug), edits, wrong), 422
    if what.startswith(("up:", "down:")):
        anchor = f"scene-{what.partition(':')[2]}"
        return redirect(url_for(".edit", slug=slug, language=_language(), _anchor=anchor), 303)
    flash(_("The draft is kept. Films are made as before until you publish it."), "success")
    return redirect(url_for(".edit", slug=slug, language=_language()), 303)


def _language() -> str | None:
    return request.form.get("go") or request.form.get("language")


def keep(subject: Subject, edits: Edits) -> None:
    """Keep a draft; one that changes nothing is none."""
    where, by, now = (subject.programme.id, subject.slug), g.user.id, g.now

    def work() -> None:
        if edits == subject.stands:
            editions.drop(*where)
        else:
            editions.keep(*where, edits, by=by, now=now)

    transaction(work)


def _keep_logo(subject: Subject, edits: dict[str, Any]) -> Errors:
    """Keep an uploaded logo and name it in the edits; what is wrong with it."""
    file = request.files.get("file")
    if not subject.is_look or file is None or not file.filename:
        return {}
    upload, programme_id = file.stream.read(_LARGEST_LOGO + 1), subject.programme.id
    if len(upload) > _LARGEST_LOGO:
        return {("", "logo"): _("The file is larger than four megabytes: save it smaller.")}
    try:
        edits["logo"] = transaction(lambda: looks.keep_logo(programme_id, upload))
    except looks.BadLogo as wrong:
        return {("", "logo"): str(wrong)}
    return {}


@blueprint.post("/<slug>/form")
@allow("manager")
def form(slug: str) -> Response:
    """The form again with what is wrong at the field just left; what is typed is kept."""
    subject = Subject(slug)
    edits = subject.read()
    keep(subject, edits)
    said = _form(Subject(slug), edits, subject.errors(edits))
    page = render_template(f"console_films/_film_{said['part']}.html", **said)
    answer = Response(page)
    answer.headers["HX-Trigger-After-Settle"] = "film-draft"
    return answer


@blueprint.post("/<slug>/drop")
@allow("manager")
def drop(slug: str) -> Response:
    subject = Subject(slug)
    transaction(lambda: editions.drop(subject.programme.id, slug))
    flash(_("The draft was thrown away. What is published stays as it is."), "info")
    return redirect(url_for(".edit", slug=slug), 303)
