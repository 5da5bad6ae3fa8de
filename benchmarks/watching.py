"""What watching costs: how long the same training takes with nobody, one and thirty watching it.

    python benchmarks/watching.py [--rounds 3] [--checkout FOLDER]

Starts a server as the README says, on this machine alone, and opens the page Train so many times as a browser would,
without one, as tests/streamlit_client.py does: a link that trains the VAE of the default settings, with a seed for
each round. With nobody watching one page is open and takes nothing of what is pushed.

Needs the packages of tests/requirements.txt. Prints a table: of each number of watchers the seconds of training that
the run itself tells, its median over the rounds, which take turns, and that beside nobody's.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from aecore.settings import SCHEMA

ROOT = Path(__file__).parents[1]
WATCHERS = (0, 1, 30)
# Seconds between two looks at whether it has finished, each of which costs a run of the script.
LOOK = 2.0
FINISHED = re.compile(r"finished: .* in ([\d.]+) s")


async def trained(host: str, watchers: int, seed: int) -> float:
    """Seconds of training while so many watch."""
    from streamlit_client import Visitor

    query = urlencode({"variant": "vae", "seed": seed, "v": SCHEMA})
    async with AsyncExitStack() as pages:
        everybody = [Visitor(host, "train", query, follows=watchers > 0) for _ in range(max(watchers, 1))]
        for visitor in everybody:
            await pages.enter_async_context(visitor)
        while not (found := FINISHED.match(everybody[0].status)):
            await asyncio.sleep(LOOK)
            if not watchers:
                await everybody[0].change_page()
        return float(found[1])


async def measure(host: str, rounds: int) -> dict[int, list[float]]:
    """The seconds of each round, by watchers; after one that is not counted."""
    await trained(host, 1, 0)
    found: dict[int, list[float]] = {watchers: [] for watchers in WATCHERS}
    for number in range(1, rounds + 1):
        for watchers in WATCHERS:
            found[watchers].append(await trained(host, watchers, 100 * number + watchers))
    return found


def table(found: dict[int, list[float]]) -> str:
    """In Markdown."""
    lines = ["| watchers | seconds of training | median | beside nobody's |", "| ---: | --- | ---: | ---: |"]
    alone = statistics.median(found[0])
    for watchers, seconds in found.items():
        median, all_of_them = statistics.median(seconds), ", ".join(f"{one:.1f}" for one in seconds)
        lines.append(f"| {watchers} | {all_of_them} | {median:.1f} | {median / alone:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkout", type=Path, default=ROOT, help="where the app is, by default here")
    chosen = parser.parse_args()
    from browsing import serve

    with (
        tempfile.TemporaryDirectory() as home,
        serve("app.py", Path(home), root=chosen.checkout.resolve()) as server,
    ):
        print(table(asyncio.run(measure(server.url.removeprefix("http://"), max(1, chosen.rounds)))))


if __name__ == "__main__":
    main()
