"""A class on one server: how quick the page Train stays, and how smooth its pictures, while all of them watch training.

    python benchmarks/class_load.py [--visitors 30] [--specs 8] [--seconds 30] [--one] [--acting N] [--json]
                                    [--checkout FOLDER]

Starts a server as the README says, on this machine alone, and opens so many pages as a browser would, without one, as
tests/streamlit_client.py does. Each visitor's link opens one of the specs, which differ in their seeds and train for
minutes; with --one all watch the same run. Every 2 to 4 seconds each visitor changes something, in turn a part of the
page ("Step by") and the whole of it (R), whether or not the last change was answered; with --acting so many of them do
and the others watch. Another checkout's app, such as one before a change, is measured with --checkout.

Needs the packages of tests/requirements.txt. Prints a table with one row:

- rerun: milliseconds from a change until the run of the script that answers it has ended; an unanswered one counts as
  the 30 seconds after which it is given up.
- cut short: runs of the script that a newer request ended early, of all that began.
- redraws: how often a second a watcher's map of codes got another look of a run in training; minimum and median over
  the watchers who saw their run in training for two seconds or more.
- kB/s: what one visitor receives, mean over all.
- memory and processor: the server's peak, and its share of all cores; visitors and server share these.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from aecore.settings import SCHEMA

if TYPE_CHECKING:
    import psutil
    from browsing import Server
    from streamlit_client import Change, Tally, Visitor

ROOT = Path(__file__).parents[1]
MOST_VISITORS, MOST_SECONDS = 120, 120
# Seconds: after which a change counts as unanswered, that pages may take to open, and that they then have to settle.
PATIENCE, OPENING, SETTLING = 30.0, 45.0, 2.0
# Seconds from one visitor's opening of the page to the next one's, and between two looks at the server's memory.
APART, LOOK = 0.1, 0.2
# Seconds in training of which a rate of redraws is told.
ENOUGH = 2.0
# Characters of the server's mistakes that are shown.
MOST_SAID = 3_000
SLOW = {"variant": "vae", "epochs": 500, "batch_size": 50}


def link(seed: int) -> str:
    """A link's query that opens the page in training, for longer than anything here is measured."""
    return urlencode(SLOW | {"seed": seed, "v": SCHEMA})


async def change_now_and_then(visitor: Visitor, rng: random.Random, until: float) -> None:
    """Changes in turn a part of the page and the whole page, every 2 to 4 seconds."""
    acts = [visitor.change_part, visitor.change_page]
    rng.shuffle(acts)
    await asyncio.sleep(rng.uniform(0, 3))
    while time.perf_counter() < until:
        await acts[0]()
        acts.reverse()
        await asyncio.sleep(rng.uniform(2, 4))


async def watch_memory(process: psutil.Process, peak: list[int]) -> None:
    while True:
        peak.append(process.memory_info().rss)
        await asyncio.sleep(LOOK)


def processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def shown(visitors: Sequence[Visitor], seconds: float) -> None:
    """Waits until each has a map of codes, but not for ever: where too many watch, some never get one."""
    waits = [asyncio.create_task(visitor.shown.wait()) for visitor in visitors]
    _, late = await asyncio.wait(waits, timeout=seconds)
    for wait in late:
        wait.cancel()
    if late:
        print(f"{len(late)} pages show no map after {seconds:.0f} s", file=sys.stderr)


async def answers(visitors: Sequence[Visitor]) -> list[Change]:
    """All changes, once each is answered or given up."""
    changes = [change for visitor in visitors for change in visitor.changes]
    while any(c.answered is None and time.perf_counter() - c.sent < PATIENCE for c in changes):
        await asyncio.sleep(0.05)
    return changes


async def measure(server: Server, visitors: int, specs: int, seconds: float, acting: int) -> dict[str, Any]:
    import psutil
    from streamlit_client import Visitor

    process, ours = psutil.Process(server.process.pid), psutil.Process()
    memory: list[int] = []
    watching = asyncio.create_task(watch_memory(process, memory))
    host = server.url.removeprefix("http://")
    everybody = [Visitor(host, "train", link(seed=1 + index % specs)) for index in range(visitors)]
    async with AsyncExitStack() as pages:
        # The first alone: it meets a server that still imports what it needs.
        await pages.enter_async_context(everybody[0])
        await shown(everybody[:1], OPENING)
        for visitor in everybody[1:]:
            await pages.enter_async_context(visitor)
            await asyncio.sleep(APART)
        await shown(everybody, OPENING)
        await asyncio.sleep(SETTLING)

        began, busy, own = time.perf_counter(), processor_seconds(process), processor_seconds(ours)
        before = [visitor.tally() for visitor in everybody]
        acts = [
            asyncio.create_task(change_now_and_then(visitor, random.Random(index), began + seconds))
            for index, visitor in enumerate(everybody[:acting])
        ]
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        busy, own = processor_seconds(process) - busy, processor_seconds(ours) - own
        got = [visitor.tally() - start for visitor, start in zip(everybody, before, strict=True)]
        for task in acts:
            task.cancel()
        changes = await answers(everybody)
    watching.cancel()
    return {
        "visitors": visitors,
        "acting": acting,
        "specs": specs,
        "seconds": round(took, 1),
        **reruns(changes),
        **rates(got, took),
        "lost connections": sum(bool(visitor.lost) for visitor in everybody),
        "server MB": round(max(memory) / 2**20),
        "server processor %": round(100 * busy / took / (os.cpu_count() or 1)),
        "visitors processor %": round(100 * own / took / (os.cpu_count() or 1)),
    }


def reruns(changes: Sequence[Change]) -> dict[str, Any]:
    """How long changes waited for their answers, of parts and of the page together and apart."""

    def waits(some: Sequence[Change]) -> list[float]:
        return sorted(1000 * min(PATIENCE, (c.answered or float("inf")) - c.sent) for c in some)

    both = waits(changes)
    parts, pages = waits([c for c in changes if c.fragment]), waits([c for c in changes if not c.fragment])
    return {
        "changes": len(changes),
        "rerun ms": {f"p{share}": percentile(both, share) for share in (50, 95, 99)},
        "rerun of a part ms": {f"p{share}": percentile(parts, share) for share in (50, 95)},
        "rerun of the page ms": {f"p{share}": percentile(pages, share) for share in (50, 95)},
        "unanswered": sum(wait >= 1000 * PATIENCE for wait in both),
    }


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that ``share`` percent of them do not exceed; None of nothing."""
    if not ordered:
        return None
    return round(ordered[max(0, -int(-share * len(ordered) // 100) - 1)], 1)


def rates(got: Sequence[Tally], seconds: float) -> dict[str, Any]:
    """What the visitors got, for each and a second where that says more."""
    redraws = [tally.redraws / tally.training for tally in got if tally.training >= ENOUGH]
    return {
        "runs begun": sum(tally.begun for tally in got),
        "runs cut short": sum(tally.cut_short for tally in got),
        "watchers of training": len(redraws),
        "redraws a second": {
            "minimum": round(min(redraws), 2) if redraws else None,
            "median": round(statistics.median(redraws), 2) if redraws else None,
        },
        "kB/s a visitor": round(statistics.mean(tally.bytes for tally in got) / seconds / 1000, 1),
    }


def table(found: dict[str, Any]) -> str:
    """One row under its heading, in Markdown."""
    cells = {
        "visitors": found["visitors"],
        "acting": found["acting"],
        "specs": found["specs"],
        "changes": found["changes"],
        **{f"rerun {name}, ms": value for name, value in found["rerun ms"].items()},
        "unanswered": found["unanswered"],
        "runs begun": found["runs begun"],
        "cut short": found["runs cut short"],
        "redraws/s, min": found["redraws a second"]["minimum"],
        "median": found["redraws a second"]["median"],
        "kB/s a visitor": found["kB/s a visitor"],
        "memory, MB": found["server MB"],
        "processor": f"{found['server processor %']} %",
    }
    lines = [cells.keys(), ["---:"] * len(cells), ["-" if cell is None else str(cell) for cell in cells.values()]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def between(least: int, most: int) -> Any:
    """What argparse takes for a whole number from ``least`` to ``most``."""

    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is not from {least} to {most}")
        return value

    return number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=between(1, MOST_VISITORS), default=30)
    parser.add_argument("--specs", type=between(1, MOST_VISITORS), default=8)
    parser.add_argument("--seconds", type=between(1, MOST_SECONDS), default=30)
    parser.add_argument("--one", action="store_true", help="all watch one run")
    parser.add_argument("--acting", type=between(0, MOST_VISITORS), help="how many change something, by default all")
    parser.add_argument("--json", action="store_true", help="all that was measured, as JSON")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="where the app is, by default here")
    chosen = parser.parse_args()
    from browsing import serve

    specs = 1 if chosen.one else min(chosen.specs, chosen.visitors)
    acting = chosen.visitors if chosen.acting is None else min(chosen.acting, chosen.visitors)
    with (
        tempfile.TemporaryDirectory() as home,
        serve("app.py", Path(home), root=chosen.checkout.resolve()) as server,
    ):
        found = asyncio.run(measure(server, chosen.visitors, specs, chosen.seconds, acting))
        if mistakes := server.mistakes():
            print(mistakes[:MOST_SAID], file=sys.stderr)
    if found["lost connections"]:
        print(f"{found['lost connections']} visitors lost a connection", file=sys.stderr)
    print(json.dumps(found, indent=2) if chosen.json else table(found))


if __name__ == "__main__":
    main()
