"""Facts that are asked by several threads at once, for a chat model whose provider takes several.

What comes back comes in any order. Whoever stops reading stops all: answers that are being made are left, none of them is kept.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from rag import Assistant

SEVERAL = 8  # facts at once for a provider that takes several; see DECISIONS.md
MOST = 64  # a thread each

_T = TypeVar("_T")


def choose_workers(assistant: Assistant) -> int:
    """Return how many facts to ask at once: one where each answer keeps this machine busy, or nothing is known of the model."""
    from rag.chat_models import takes_several  # a quarter of a second and more, which `pincite --help` need not wait for

    return SEVERAL if takes_several(assistant.model) else 1


def run_together(tasks: Sequence[Callable[[], _T]], workers: int, stop: threading.Event) -> Iterator[_T]:
    """Yield what each task returns, as soon as it does.

    Args:
        tasks: Begun in this order.
        workers: How many run at once; with 1 each begins when the one before was taken, in the thread of whoever takes.
        stop: Set when nobody takes any more; a task that runs should then end soon, and is waited for.

    Raises:
        BaseException: Whatever a task raises; no further one is begun.
    """
    if workers == 1:
        yield from (task() for task in tasks)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="pincite asking")
    try:
        for done in as_completed([pool.submit(task) for task in tasks]):
            yield done.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
