"""One thread for numpy's and scikit-learn's own products, where a server trains beside them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# The limit is the process's: of two that set it at once, one would end the other's.
_alone = threading.Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it no more than one thread of BLAS and OpenMP works; where the cores are busy, several are far slower."""
    from threadpoolctl import threadpool_limits

    with _alone, threadpool_limits(1):
        yield
