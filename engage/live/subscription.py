"""The one ear of this process: a subscription that stays, and knows when it may have missed something."""

import logging
import random
from asyncio import sleep
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError

from engage.live.hub import Hub
from engage.live.publish import CHANNEL
from engage.live.rules import BadMessage, read

log = logging.getLogger(__name__)

#: Seconds of silence before the server is asked for a sign of life, and given up without one.
SILENCE = 15.0
#: Seconds before the second attempt to connect, and at most before any; doubled in between.
PAUSE, LONGEST_PAUSE = 0.1, 5.0


async def listen(hub: Hub, redis_url: str) -> NoReturn:
    """Give `hub` every change announced on the bus, for ever, connecting again when need be.

    `hub.listening` tells whether the subscription stands. Each time it does anew the hub resets
    its streams: what was announced in between nobody knows.
    """
    pause = PAUSE
    while True:
        # The client's own retries would bridge a gap in silence.
        retry = Retry(NoBackoff(), 0)
        redis = Redis.from_url(redis_url, retry=retry, socket_connect_timeout=5)
        try:
            async with redis, redis.pubsub() as ear:
                await ear.subscribe(CHANNEL)
                async for message in _messages(ear):
                    if message["type"] == "message":
                        for line in message["data"].splitlines():
                            _take(hub, line)
                    elif message["type"] == "subscribe":
                        pause = PAUSE
                        hub.listening = True
                        hub.reset()
        except (RedisError, OSError) as error:
            log.warning("live: lost the bus, trying again: %s", error)
        finally:
            hub.listening = False
        await sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
        pause = min(pause * 2, LONGEST_PAUSE)


async def _messages(ear: PubSub) -> AsyncIterator[dict[str, Any]]:
    asked = False
    while True:
        message = await ear.get_message(timeout=SILENCE)
        if message is not None:
            asked = False
            yield message
        elif asked:
            raise NoConnection(f"no answer within {SILENCE:g} s")
        else:
            await ear.ping()
            asked = True


def _take(hub: Hub, message: bytes) -> None:
    try:
        change = read(message)
    except BadMessage as error:
        # A newer release may already announce what this process does not know yet.
        log.warning("live: a message of the bus was left out: %s", error)
        return
    hub.offer(change)
