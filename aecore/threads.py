"""How many threads a computation may take: one, where a server trains beside it and what is computed is small."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# The limit is the process's: of two that set it at once, one would end the other's.
_alone = threading.Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it no more than one thread of BLAS and OpenMP works; where the cores are busy, several are far slower.

    It is for the products of numpy and scikit-learn. Torch has a number of its own.
    """
    from threadpoolctl import threadpool_limits

    with _alone, threadpool_limits(1):
        yield


def limit_torch() -> None:
    """From now on torch computes what this thread asks for on this thread alone, for as long as the thread lives.

    Two threads inside one small model collapse as soon as anything else runs on the machine. A thread's first use of
    torch takes over the number that any thread has set last, and later ones keep it: so whoever computes says it anew.
    """
    import torch

    torch.set_num_threads(1)


@contextmanager
def torch_limited() -> Iterator[None]:
    """Within it ``limit_torch`` holds, after it what held before: for a thread that is a caller's."""
    import torch

    before = torch.get_num_threads()
    limit_torch()
    try:
        yield
    finally:
        torch.set_num_threads(before)
