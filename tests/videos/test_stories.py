"""A film's page in words as it is kept with the film."""

import json

import pytest
from sqlalchemy import text

from engage.db import db
from engage.migrations import upgrade
from engage.studio.story import from_json, to_json

from .examples import STORY

FILM = """
INSERT INTO videos (programme_id, partner_id, template, template_digest, format, title, locale, key,
  snapshot, state, progress, attempts, transcript, created_at, queued_at)
  VALUES (1, 1, 'recap', 'd', '16:9', 'Recap', 'en', 'k', '{}', 'done', 100, 1, '["One.", "Two."]',
  '2013-01-01 00:00:00', '2013-01-01 00:00:00')
"""


def test_a_story_is_read_as_it_was_kept() -> None:
    assert tuple(from_json(json.loads(json.dumps(to_json(STORY))))) == STORY


@pytest.mark.usefixtures("old_house")
def test_films_from_before_stories_were_kept_are_read_as_their_transcripts() -> None:
    upgrade("0040")
    db.session.execute(text(FILM))
    db.session.commit()
    upgrade()
    kept = db.session.scalar(text("SELECT story FROM videos"))
    told = from_json(kept if isinstance(kept, list) else json.loads(str(kept)))
    assert [chapter.sentences for chapter in told] == [("One.",), ("Two.",)]
