"""How far long work is, and long work beside an event loop."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

Progress: TypeAlias = Callable[[int, int], object]
"""Called some twenty times a second with what is done and all there is; what it raises ends the work."""

T = TypeVar("T")


class _StoppedError(Exception):
    """Raised in a thread nobody waits for any more."""


async def in_thread(
    work: Callable[..., T], *args: Any, progress: Progress | None = None, **options: Any
) -> T:
    """Does work in a thread; where the task is cancelled, the work ends soon.

    `progress` is called on the event loop.
    """
    loop = asyncio.get_running_loop()
    stopped = threading.Event()

    def tell(done: int, total: int) -> None:
        if stopped.is_set():
            raise _StoppedError
        if progress is not None:
            loop.call_soon_threadsafe(progress, done, total)

    call = functools.partial(work, *args, progress=tell, **options)
    try:
        return await asyncio.to_thread(call)
    except asyncio.CancelledError:
        stopped.set()
        raise
