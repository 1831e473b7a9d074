"""Asynchronous code beside code that is not."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

T = TypeVar("T")


@contextlib.contextmanager
def in_a_thread(block: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Enter an asynchronous block in a thread with a loop of its own, and leave it there again."""
    entered: Future[T] = Future()
    left: Future[None] = Future()

    async def hold() -> None:
        try:
            async with block as value:
                entered.set_result(value)
                await asyncio.wrap_future(left)
        except BaseException as failure:
            if entered.done():
                raise
            entered.set_exception(failure)

    thread = threading.Thread(target=lambda: asyncio.run(hold()), name="server", daemon=True)
    thread.start()
    try:
        yield entered.result()
    finally:
        left.set_result(None)
        thread.join()
