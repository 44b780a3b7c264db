"""Publishing rules: a change is a new version from an instant on, with its reason and who gave it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from engage.db import db
from engage.incentives import language, rules
from engage.incentives.models import Rule, RuleVersion
from engage.programmes.models import Programme


class Release(NamedTuple):
    """From which instant on a change holds, why, who publishes it (None: the command line), and now."""

    since: datetime
    why: str | None
    by: int | None
    now: datetime


def latest(programme: Programme, slug: str) -> RuleVersion | None:
    """The newest version of a rule; None where there is no rule of that name."""
    return db.session.scalars(
        select(RuleVersion)
        .join(Rule, Rule.id == RuleVersion.rule_id)
        .where(Rule.programme_id == programme.id, Rule.slug == slug)
        .order_by(RuleVersion.version.desc())
        .limit(1)
    ).first()


def publish(
    programme: Programme, rule: rules.Rule, release: Release, *, always: bool = False
) -> str | None:
    """Have the rule read so; what changed in words (``rule x: version 2``), None where nothing did.

    From ``release.since`` on it replaces whatever was published before, also what was to come. A
    rule that is new may be in force ``always``.
    """
    raw, last = language.to_json(rule), latest(programme, rule.slug)
    if last is None:
        row = Rule(programme_id=programme.id, slug=rule.slug)
        db.session.add(row)
        db.session.flush()
        _add(programme, row.id, 1, raw, release, None if always else release.since)
        return f"rule {rule.slug}: version 1"
    if last.definition == raw:
        return None
    _add(programme, last.rule_id, last.version + 1, raw, release, release.since)
    return f"rule {rule.slug}: version {last.version + 1}"


def retire(programme: Programme, slug: str, release: Release) -> str | None:
    """Have the rule pay no longer; None where it did not."""
    last = latest(programme, slug)
    if last is None or last.definition is None:
        return None
    _add(programme, last.rule_id, last.version + 1, None, release, release.since)
    return f"rule {slug}: retired with version {last.version + 1}"


def _add(
    programme: Programme,
    rule_id: int,
    number: int,
    raw: dict[str, Any] | None,
    release: Release,
    valid_from: datetime | None,
) -> None:
    db.session.add(
        RuleVersion(
            rule_id=rule_id,
            version=number,
            valid_from=valid_from,
            definition=raw,
            published_at=release.now,
            reason=release.why,
            published_by=release.by,
        )
    )
    db.session.flush()
    programme.reissue()


def current(programme: Programme) -> list[rules.Rule]:
    """The rules as they were published last, those that are retired left out."""
    slugs = select(Rule.slug).where(Rule.programme_id == programme.id).order_by(Rule.id)
    versions = [latest(programme, slug) for slug in db.session.scalars(slugs).all()]
    return [
        language.parse(version.definition, programme.currency, programme.timezone)
        for version in versions
        if version and version.definition is not None
    ]
