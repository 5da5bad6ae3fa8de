"""What watching costs: how fast one run trains while nobody, one and thirty watch it.

    python benchmarks/watching.py [--rounds 3] [--seconds 12] [--checkout FOLDER]

Starts a server as the README says, on this machine alone, and opens the page Train thirty times as a browser would,
without one, as tests/streamlit_client.py does: all at one link, which trains a VAE for minutes. Then none, one and all
of them open their sockets to the feed, in turn, while that one run goes on.

Needs the packages of tests/requirements.txt. Prints a table: of each number of watchers the epochs a second, over the
rounds and their median, and that beside nobody's.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from aecore.settings import SCHEMA

if TYPE_CHECKING:
    from streamlit_client import Visitor

ROOT = Path(__file__).parents[1]
WATCHERS = (0, 1, 30)
LINK = urlencode({"variant": "vae", "images": 2500, "epochs": 500, "batch_size": 50, "v": SCHEMA})
EPOCH = re.compile(r"epoch (\d+) of")
# Seconds that pages may take to open, that a change of watchers takes, and between two looks at an answer.
OPENING, SETTLING, LOOK = 60.0, 2.0, 0.002


async def epochs(visitor: Visitor) -> int:
    """How many the run has begun, as a run of the script says that is asked for now."""
    await visitor.change_page()
    while visitor.changes[-1].answered is None:
        await asyncio.sleep(LOOK)
    if (said := EPOCH.match(visitor.status)) is None:
        raise SystemExit(f"the run is not in training any more ({visitor.status}): measure fewer rounds or seconds")
    return int(said[1])


async def measure(host: str, rounds: int, seconds: float) -> dict[int, list[float]]:
    """Epochs a second of each round, by watchers."""
    from streamlit_client import Visitor

    found: dict[int, list[float]] = {watchers: [] for watchers in WATCHERS}
    async with AsyncExitStack() as pages:
        everybody = [Visitor(host, "train", LINK) for _ in range(max(WATCHERS))]
        for visitor in everybody:
            await pages.enter_async_context(visitor)
            await asyncio.wait_for(visitor.shown.wait(), OPENING)
        for _ in range(rounds):
            for watchers in WATCHERS:
                for index, visitor in enumerate(everybody):
                    visitor.watch(follows=index < watchers)
                await asyncio.sleep(SETTLING)
                before, began = await epochs(everybody[0]), time.perf_counter()
                await asyncio.sleep(seconds)
                found[watchers].append((await epochs(everybody[0]) - before) / (time.perf_counter() - began))
    return found


def table(found: dict[int, list[float]]) -> str:
    """In Markdown."""
    lines = ["| watchers | epochs a second | median | beside nobody's |", "| ---: | --- | ---: | ---: |"]
    alone = statistics.median(found[0])
    for watchers, rates in found.items():
        median, all_of_them = statistics.median(rates), ", ".join(f"{one:.2f}" for one in rates)
        lines.append(f"| {watchers} | {all_of_them} | {median:.2f} | {median / alone:.1%} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each measurement")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="where the app is, by default here")
    chosen = parser.parse_args()
    from browsing import serve

    with (
        tempfile.TemporaryDirectory() as home,
        serve("app.py", Path(home), root=chosen.checkout.resolve()) as server,
    ):
        print(table(asyncio.run(measure(server.url.removeprefix("http://"), max(1, chosen.rounds), chosen.seconds))))


if __name__ == "__main__":
    main()
