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
        "nav_items": _marked(_groups(seat)) if seat else [],
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


#: An entry of the navigation: (address, label, icon).
Place = tuple[str, str, str]


def _groups(seat: Seat) -> list[tuple[str, list[Place]]]:
    """Entries by heading; five at most for partners, whose phones show them at the bottom."""
    if seat.role == "manager":
        return [
            (
                "",
                [
                    ("/console/", _("Overview"), "layout-dashboard"),
                    ("/console/partners/", _("Partners"), "users"),
                    ("/leaderboards/", _("Leaderboards"), "trophy"),
                    ("/console/missions/", _("Missions"), "target"),
                    ("/console/videos/", _("Videos"), "clapperboard"),
                    ("/console/screens/", _("Screens"), "monitor"),
                ],
            ),
            (
                _("Pay"),
                [
                    ("/console/rules/", _("Rules"), "scale"),
                    ("/console/boards/", _("Boards"), "medal"),
                    ("/console/budget", _("Budget"), "coins"),
                    ("/console/payouts/", _("Payouts"), "hand-coins"),
                    ("/console/rewards/", _("Rewards"), "gift"),
                    ("/console/disputes/", _("Questions"), "message-square"),
                ],
            ),
            (
                _("Data"),
                [
                    ("/console/import/", _("Import"), "upload"),
                    ("/console/held/", _("Held facts"), "inbox"),
                ],
            ),
        ]
    return [
        (
            "",
            [
                ("/", _("Home"), "house"),
                ("/leaderboards/", _("Boards"), "trophy"),
                ("/missions/", _("Missions"), "target"),
                ("/earnings/", _("Earnings"), "wallet"),
                ("/videos/", _("Videos"), "clapperboard"),
            ],
        )
    ]


def _marked(groups: list[tuple[str, list[Place]]]) -> list[dict[str, Any]]:
    """The entries as templates/ui/shell.html draws them: the first of a group names its heading."""
    here = [href for _heading, places in groups for href, *_rest in places if _is_here(href)]
    current = max(here, key=len, default=None)
    return [
        {
            "heading": heading if not number else "",
            "label": label,
            "href": href,
            "icon": icon,
            "current": href == current,
        }
        for heading, places in groups
        for number, (href, label, icon) in enumerate(places)
    ]


def _is_here(href: str) -> bool:
    if href in ("/", "/console/"):
        return request.path == href
    return request.path.startswith(href)


def _account(seat: Seat | None) -> dict[str, Any]:
    user = g.user
    if seat is None:
        place = None
    elif seat.partner:
        place = f"{seat.partner.name} · {seat.programme.name}"
    else:
        place = f"{_('Manager')} · {seat.programme.name}"
    return {
        "name": user.name or user.email,
        "detail": place,
        "items": [
            {
                "label": _("Your account"),
                "href": url_for("accounts.account"),
                "icon": "settings",
            }
        ],
        "sign_out": url_for("accounts.sign_out"),
    }
