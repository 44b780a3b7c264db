"""Prose that comes from a form, as its readers will see it."""

from flask import request

from engage.texts import legible


def form_text(name: str, most: int) -> str:
    """A text in the form that was sent, of which whoever asks says that ``most`` characters fit.

    What is longer comes back longer by one, and no more of it is looked at.
    """
    return legible(request.form.get(name, "")[: 2 * most])[: most + 1]
