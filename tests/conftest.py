"""What all tests share: a home of their own, one thread inside torch, real images, and how long a test may take."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
import pytest_timeout
from costs import Costs
from hypothesis import settings
from patience import patience

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
MNIST = ROOT.parent / "shared" / "data" / "mnist"

# The same examples every time, so that a failure on one machine is a failure on all; time is not judged.
settings.register_profile("aecore", derandomize=True, deadline=None, database=None)
settings.load_profile("aecore")


def pytest_configure(config) -> None:
    config.pluginmanager.register(Costs())


def pytest_timeout_set_timer(item, settings):
    """A test may take the longer, the slower the machine is just now."""
    return pytest_timeout.pytest_timeout_set_timer(item, settings._replace(timeout=patience(settings.timeout)))


def is_sentence(text: str) -> bool:
    """Whether ``text`` can be shown to a visitor as it is: one line, printable, of readable length."""
    return bool(text.strip()) and text.isprintable() and len(text) <= 400 and "Traceback" not in text


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory) -> Iterator[Path]:
    """The folder that AECORE_HOME names for this session, so that no test touches the user's own."""
    folder, before = tmp_path_factory.mktemp("home"), os.environ.get("AECORE_HOME")
    os.environ["AECORE_HOME"] = str(folder)
    yield folder
    if before is None:
        del os.environ["AECORE_HOME"]
    else:
        os.environ["AECORE_HOME"] = before


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Two threads inside one small model are slower than one as soon as anything else runs."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def patient_scripts() -> None:
    """A script that a test runs as a page may take as long as the machine is slow; Streamlit gives it 3 seconds."""
    from streamlit.testing.v1 import AppTest

    AppTest.default_timeout = property(lambda app: patience(30), lambda app, seconds: None)


@pytest.fixture(scope="session", autouse=True)
def brief_example() -> None:
    """Whoever opens a page first has Home's example trained, beside the tests that come next: here in one epoch."""
    from aecore.ui import engine

    engine.EXAMPLE = {**engine.EXAMPLE, "epochs": 1}


@pytest.fixture(scope="session", autouse=True)
def scanned_once() -> Iterator[None]:
    """What is installed does not change: Streamlit reads it once a server, but AppTest anew for every app (0.3 s)."""
    from functools import cache

    from streamlit.components.v2 import manifest_scanner

    scan = manifest_scanner.scan_component_manifests
    manifest_scanner.scan_component_manifests = cache(scan)
    yield
    manifest_scanner.scan_component_manifests = scan


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    """A folder with what a fresh checkout of the project holds, and nothing that tests or builds left behind."""
    folder = tmp_path_factory.mktemp("checkout") / "project"
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *ignored))
    return folder


@pytest.fixture
def plant(tmp_path, monkeypatch) -> Iterator[Callable[[str, str, str], None]]:
    """Makes ``source`` the file ``module`` of a package that is a registry; nothing else is told of it."""
    planted = []

    def put(package: str, module: str, source: str) -> None:
        folder = tmp_path / package
        home = importlib.import_module(package)
        if not folder.exists():
            folder.mkdir()
            monkeypatch.setattr(home, "__path__", [*home.__path__, str(folder)])
        (folder / f"{module}.py").write_text(dedent(source))
        # Python looks into a folder anew when its time has changed, which is as coarse as the file system's clock.
        importlib.invalidate_caches()
        planted.append((package, module))

    yield put
    for package, module in planted:
        sys.modules.pop(f"{package}.{module}", None)
        if hasattr(sys.modules[package], module):
            delattr(sys.modules[package], module)


@pytest.fixture(scope="session")
def mnist_test():
    """Split of the 10,000 official MNIST test images."""
    if not (MNIST / "t10k-images-idx3-ubyte.gz").is_file():
        pytest.skip("the MNIST test images are not in ../shared/data/mnist")
    import gzip

    from aecore.dataset import split

    images = np.frombuffer(gzip.decompress((MNIST / "t10k-images-idx3-ubyte.gz").read_bytes())[16:], np.uint8)
    labels = np.frombuffer(gzip.decompress((MNIST / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:], np.uint8)
    return split(images.reshape(10_000, 28, 28) / np.float32(255), labels)


@pytest.fixture(scope="session")
def shared(pytestconfig) -> Callable:
    """``shared(spec)``: the run of a spec, trained to its end once for all tests and workers that ask about it."""
    from sharing import Shared

    return Shared(pytestconfig.cache.mkdir("runs"))


@pytest.fixture(scope="session")
def default_vae(shared):
    """The run of ``Spec(variant="vae")``."""
    from aecore.runs.spec import Spec

    return shared(Spec(variant="vae"))


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium, one for all tests; each opens contexts of its own."""
    from browsing import chromium

    with chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def context_with(browser, tmp_path_factory) -> Iterator[Callable]:
    """The browser's context with such options, one for all tests: what a page has fetched the next one need not."""
    from browsing import lasting_context

    contexts = {}

    def find(**options):
        key = repr(sorted(options.items()))
        if key not in contexts:
            contexts[key] = lasting_context(browser, tmp_path_factory.mktemp("profile"), **options)
        return contexts[key]

    yield find
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator:
    """The app, served for all tests of pages; what it logs must hold no traceback."""
    from browsing import serve

    with serve("app.py", tmp_path_factory.mktemp("pages")) as served:
        yield served
        said = served.mistakes()
    assert not said, said


@pytest.fixture(scope="session")
def views(tmp_path_factory) -> Iterator:
    """The pages of ``tests/*_view_app.py``, one server for all of them: each is one of its pages."""
    from browsing import serve

    with serve("tests/views_app.py", tmp_path_factory.mktemp("views")) as served:
        yield served
        said = served.mistakes()
    assert not said, said


@pytest.fixture
def visit(context_with, server) -> Iterator[Callable]:
    """Opens a page, which is a session of its own; what the browser complains about fails the test."""
    pages, complaints = [], []

    def open_page(path: str, *, size: tuple[int, int] = (1366, 768), script: str = "", **options):
        page = context_with(**options).new_page()
        pages.append(page)
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # What it says to the server.
        page.sent = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: page.sent.append(frame)))
        page.add_init_script(f"window.patience = {1000 * patience(10):.0f};")
        page.add_init_script(script)
        page.goto(f"{server.url}/{path}")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []
