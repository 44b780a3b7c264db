"""Decisions about accounts: which passwords are too weak, which e-mail is the same, which scopes are."""

import re
import secrets
import unicodedata
from datetime import timedelta
from enum import StrEnum

ROLES = ("partner", "manager", "admin")
SCOPES = ("facts:write", "partners:write", "read")
THEMES = ("light", "dark")
#: How long a browser that does not come back stays signed in.
SESSION_LIFETIME = timedelta(days=14)

MIN_LENGTH = 12
# Hashing is dear on purpose: an endless password would be a way to keep the machine busy.
MAX_LENGTH = 256
_MIN_DISTINCT = 5
#: The longest address as it may be typed: 64 before the @, 255 after it.
_EMAIL = 320

# Words that the long passwords of every leaked list are made of. With twelve characters demanded,
# what remains of those lists is a word or two of these with digits and punctuation around it.
_WORDS = """
    abc abcd abcdef abcdefgh access admin administrator amazing angel apple asdf asdfgh asdfghjkl
    baseball basketball batman butterfly changeme charlie chocolate computer correcthorse
    correcthorsebatterystaple default demo dragon engage engagement flower football freedom
    george google guest hello helloworld iloveyou incentive internet jennifer jesus jordan killer
    letmein liverpool login logmein london love lovely manager manchester master michael michelle
    monday monkey mustang nicole ninja partner pass passphrase password passwort princess purple
    qazwsx qazwsxedc qwer qwert qwerty qwertyui qwertyuiop qwertz qwertzuiop rainbow rewards samsung
    sales secret shadow spring star starwars summer sunshine superman tester testing test trustno
    user username welcome whatever winter autumn yankees zxcvbn zxcvbnm azerty motdepasse contrasena
    """
_COMMON = frozenset(_WORDS.split())
_LEET = str.maketrans(
    {"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s"}
)
_RUNS = ("0123456789" * 3, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


class Weakness(StrEnum):
    """Why a password is refused; the value says it in English."""

    SHORT = f"shorter than {MIN_LENGTH} characters: a few unrelated words make a good password"
    LONG = f"longer than {MAX_LENGTH} characters"
    COMMON = "among the first that are guessed: choose unrelated words"
    PERSONAL = "made of your name or e-mail address: choose unrelated words"


def same_email(email: str) -> str:
    """The one spelling under which an address is kept and looked up; none ("") if it is too long."""
    email = email.strip()
    # Composing takes time by the square of the length, and anybody may send us one of megabytes.
    return unicodedata.normalize("NFKC", email).strip().lower() if len(email) <= _EMAIL else ""


def new_stamp() -> str:
    """A fresh random part for a person's sessions and links: the old ones die."""
    return secrets.token_urlsafe(16)


def new_session_token() -> str:
    """What tells one session of a person from their others."""
    return secrets.token_urlsafe(12)


def same_password(password: str) -> str:
    """Keyboards compose accents differently; the person typed the same password.

    One that is too long to be anybody's stays as it is: see `same_email`.
    """
    return unicodedata.normalize("NFKC", password) if len(password) <= MAX_LENGTH else password


def weakness(password: str, email: str = "", name: str = "") -> Weakness | None:
    """What is wrong with a new password of the person with ``email`` and ``name``; None if good."""
    if len(password) > MAX_LENGTH:
        return Weakness.LONG
    password = same_password(password)
    if len(password) < MIN_LENGTH:
        return Weakness.SHORT
    if len(password) > MAX_LENGTH:  # letters that are several, composed
        return Weakness.LONG
    if len(set(password.lower())) < _MIN_DISTINCT or _is_common(password.lower()):
        return Weakness.COMMON
    if _is_personal(password.lower(), email, name):
        return Weakness.PERSONAL
    return None


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalpha())


def _is_common(password: str) -> bool:
    plain = _letters(password)
    if not plain or _is_run(password):
        return True
    core = password.rstrip("0123456789!?.,;:-_*# ")  # what is hung on to please a rule
    return any(_is_made_of_words(text) for text in (plain, _letters(core.translate(_LEET))))


def _is_run(password: str) -> bool:
    return any(password in run or password in run[::-1] for run in _RUNS)


def _is_made_of_words(text: str) -> bool:
    """One common word, or one twice, or two: ``password``, ``adminadmin``, ``welcomeadmin``."""
    return text in _COMMON or any(
        text[:cut] in _COMMON and text[cut:] in _COMMON for cut in range(3, len(text) - 2)
    )


def _is_personal(password: str, email: str, name: str) -> bool:
    """Nothing but parts of the address and the name, digits and punctuation."""
    parts = [part for part in re.split(r"[\W_]+", f"{email} {name}".lower()) if len(part) >= 3]
    rest = password
    for part in sorted(parts, key=len, reverse=True):
        rest = rest.replace(part, "")
    return rest != password and len(_letters(rest)) < 4
