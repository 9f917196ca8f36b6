"""Done, and nobody hears of it: what activities did is lost on its way back, so often (RT3)."""

import functools
import random
from collections.abc import Awaitable, Callable
from typing import Any


def lose(share: float) -> None:
    """Put it over the activities and over the mail server's answer, in this process."""
    from activities.channels.email import EmailChannel, TemporaryFailure
    from activities.notifier import Notifier
    from activities.recorder import Recorder

    Recorder.record = _losing(Recorder.record, share, TimeoutError)  # type: ignore[method-assign]
    Notifier.notify = _losing(Notifier.notify, share, TimeoutError)  # type: ignore[method-assign]
    EmailChannel.send = _losing(EmailChannel.send, share, TemporaryFailure)  # type: ignore[method-assign]


def _losing(real: Callable[..., Awaitable[Any]], share: float, error: type[Exception]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(real)
    async def lost_now_and_then(*arguments: Any) -> Any:
        result = await real(*arguments)
        if random.random() < share:
            raise error("it was done, and the word of it was lost")
        return result

    return lost_now_and_then
