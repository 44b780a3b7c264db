"""What is left of a budget, in words."""

from engage.voice import ENGLISH, Voice

#: From so many percent on, partners are told how much is used of a budget at which paying stops.
TOLD_FROM = 75


def used(limit: int, awarded: int, unit: str, voice: Voice = ENGLISH) -> str | None:
    """``82% of its budget of $5,000 is used.``; None while there is plenty. Minor units."""
    if awarded * 100 < limit * TOLD_FROM:
        return None
    budget = voice.pay(limit, unit)
    if awarded >= limit:
        return voice.gettext("Its budget of %(budget)s is used up.", budget=budget)
    share = voice.percent_of(awarded, limit)
    return voice.gettext(
        "%(share)s of its budget of %(budget)s is used.", share=share, budget=budget
    )
