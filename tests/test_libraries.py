"""Parts of one library that several threads need at once are loaded one after another."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from aecore.libraries import loaded
from aecore.runs import answers

# Two questions of which one needs scipy.spatial and the other a part of it. The first is held up on its way until the
# second waits for it, or for a second where that does not begin.
SCRIPT = """
import sys, threading, time
from _frozen_importlib import _blocking_on

from aecore.runs import answers

begun = threading.Event()


class Meeting:
    def find_spec(self, name, path, target=None):
        if name == "scipy.spatial":
            begun.set()
            until = time.monotonic() + 1
            while all(lock.name != name for lock in list(_blocking_on.values())) and time.monotonic() < until:
                time.sleep(0.01)


sys.meta_path.insert(0, Meeting())


def whole(trained):
    from scipy.spatial import KDTree

    return KDTree.__name__


def part(trained):
    begun.wait()
    from scipy.spatial.distance import cdist

    return cdist.__name__


class Nothing:
    id = "nothing"


asked = [answers.Answer(question) for question in (whole, part)]
threads = [threading.Thread(target=one.find, args=(Nothing(),)) for one in asked]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*(one.result() for one in asked))
"""


@pytest.mark.starts
def test_two_questions_that_need_parts_of_one_library_are_both_answered():
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert found.stdout.split() == ["KDTree", "cdist"], found.stderr


@pytest.mark.parametrize("name", answers.LIBRARIES)
def test_what_is_loaded_is_there(name):
    assert loaded(name) is importlib.import_module(name)
