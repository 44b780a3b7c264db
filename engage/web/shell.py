"""What the frame of every page needs: navigation by role, who is signed in, language, colours."""

from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from engage.accounts.service import Seat


def init_app(app: Flask) -> None:
    app.context_processor(frame)


def frame() -> dict[str, Any]:
    """The names that templates/base.html reads, see its first lines."""
    user, seat = g.get("user"), g.get("seat")
    locale = get_locale()
    return {
        "nav_items": _marked(_places(seat)) if seat else [],
        "shell": _shell(seat),
        "account": _account(seat) if user else None,
        "programme_name": seat.programme.name if seat else None,
        "home_href": "/",
        "html_lang": str(locale).replace("_", "-") if locale else "en",
        "html_dir": locale.text_direction if locale else "ltr",
        "theme": user.theme if user else None,
        # Tabs of one seat share a live stream; one left over from somebody else has its own.
        "circle": f"{seat.user.id}.{seat.key}" if seat else None,
    }


def _shell(seat: Seat | None) -> str:
    if seat is None:
        return "none"
    return "console" if seat.role == "manager" else "partner"


#: An entry of the navigation: (heading of its group, address, label, icon).
Place = tuple[str, str, str, str]


def _places(seat: Seat) -> list[Place]:
    """Five at most for partners, whose phones show them at the bottom."""
    if seat.role == "manager":
        return [
            ("", "/console/", _("Overview"), "layout-dashboard"),
            ("", "/console/partners/", _("Partners"), "users"),
            ("", "/leaderboards/", _("Leaderboards"), "trophy"),
            ("", "/console/missions/", _("Missions"), "target"),
            ("", "/console/videos/", _("Videos"), "clapperboard"),
            ("", "/console/screens/", _("Screens"), "monitor"),
            (_("Pay"), "/console/rules/", _("Rules"), "scale"),
            (_("Pay"), "/console/boards/", _("Boards"), "medal"),
            (_("Pay"), "/console/budget", _("Budget"), "coins"),
            (_("Pay"), "/console/payouts/", _("Payouts"), "hand-coins"),
            (_("Pay"), "/console/rewards/", _("Rewards"), "gift"),
            (_("Pay"), "/console/disputes/", _("Questions"), "message-square"),
            (_("Data"), "/console/import/", _("Import"), "upload"),
            (_("Data"), "/console/held/", _("Held facts"), "inbox"),
        ]
    return [
        ("", "/", _("Home"), "house"),
        ("", "/leaderboards/", _("Boards"), "trophy"),
        ("", "/missions/", _("Missions"), "target"),
        ("", "/earnings/", _("Earnings"), "wallet"),
        ("", "/videos/", _("Videos"), "clapperboard"),
    ]


def _marked(places: list[Place]) -> list[dict[str, Any]]:
    """The entries as templates/ui/shell.html draws them: the first of a group names its heading."""
    here = max((href for _heading, href, *_rest in places if _is_here(href)), key=len, default=None)
    headings = ["", *(heading for heading, *_rest in places)]
    return [
        {
            "heading": heading if heading != before else "",
            "label": label,
            "href": href,
            "icon": icon,
            "current": href == here,
        }
        for before, (heading, href, label, icon) in zip(headings, places, strict=False)
    ]


def _is_here(href: str) -> bool:
    if href in ("/", "/console/"):
        return request.path == href
    return request.path.startswith(href)


def _account(seat: Seat | None) -> dict[str, Any]:
    place = None
    if seat:
        place = f"{seat.partner.name if seat.partner else _('Manager')} · {seat.programme.name}"
    yours = {"label": _("Your account"), "href": url_for("accounts.account"), "icon": "settings"}
    return {
        "name": g.user.name or g.user.email,
        "detail": place,
        "items": [yours],
        "sign_out": url_for("accounts.sign_out"),
    }
