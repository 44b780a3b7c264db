"""What the processes of a house say: lines for people, in production one JSON object per line."""

import logging
import sys

import structlog

from engage.config import Settings

#: Libraries that tell of every step they take.
_CHATTY = ("rq", "uvicorn", "alembic", "asyncio", "PIL")


def configure(settings: Settings) -> None:
    """Send all logging of this process to standard error. Called once, by what starts it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if settings.production else _Plain())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Plain(logging.Formatter):
    """The message, and how bad it is if it is bad."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.levelno < logging.WARNING:
            return text
        return f"{record.levelname.lower()}: {text}"


def _json() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
