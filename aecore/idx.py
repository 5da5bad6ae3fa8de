"""Data sets kept as four IDX files, as MNIST is: from a cache, a folder or the web; verified, then read."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import os
import re
import struct
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from aecore.dataset import Dataset, Report, Source, SourceError, first_of_each, split
from aecore.download import Refused, download, status
from aecore.home import PathError, files_below, home, typed_path, unquoted
from aecore.settings import shorten

# Folders below the one named that files are looked for in: torchvision keeps them in MNIST/raw.
DEPTH = 2

# Called with the bytes done of one file, counted as if unpacked.
Advance = Callable[[int], None]


@dataclass(frozen=True)
class IdxFile:
    """One file: its usual name without ``.gz``, and the shape of the uint8 array that it holds."""

    name: str
    shape: tuple[int, ...]

    @property
    def spellings(self) -> list[str]:
        """Its usual name and the one that 7-Zip leaves, each as it comes from the web and unpacked."""
        dotted = self.name.replace("-idx", ".idx")
        return [f"{self.name}.gz", self.name, dotted, f"{dotted}.gz"]

    def is_named(self, name: str) -> bool:
        """Whether a file called ``name`` may be this one: upper case, dots and copies' numbers do not matter."""
        return _plain(name) == _plain(self.name)

    @property
    def header(self) -> bytes:
        """Two zeros, 8 for unsigned bytes, the number of dimensions, then each of them, big end first."""
        return struct.pack(f">HBB{len(self.shape)}I", 0, 8, len(self.shape), *self.shape)

    @property
    def size(self) -> int:
        """Length in bytes, unpacked."""
        return len(self.header) + math.prod(self.shape)

    def unpack(self, raw: bytes) -> bytes:
        """The unpacked bytes of ``raw``, which may be compressed; of too long a file only one byte too many."""
        if not raw.startswith(b"\x1f\x8b"):
            return raw
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
                # The bound is what a gzip bomb meets.
                return stream.read(self.size + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise Refused(f"{self.name}.gz is damaged or cut short") from None

    def parse(self, data: bytes) -> np.ndarray:
        """uint8 of the file's shape, from its unpacked bytes, which must be of that type, shape and length exactly."""
        if len(data) != self.size or not data.startswith(self.header):
            shape = " x ".join(map(str, self.shape))
            raise Refused(f"{self.name} is not an IDX file of {shape} bytes")
        return np.frombuffer(data, np.uint8, offset=len(self.header)).reshape(self.shape)


class IdxSource(Source):
    """A data set in the format of MNIST; a subclass states where its files are and how they are known.

    ``AECORE_MIRROR`` names another base address, or a folder, to take them from: from its part named like the
    data set, or else from itself; in a folder, from wherever they are up to two folders below.
    """

    downloads = True
    class_names: ClassVar[tuple[str, ...]]
    # Where the four files lie under their usual names, with .gz; it ends in a slash.
    address: ClassVar[str]
    # By file name: without ".gz", of the unpacked bytes, which a mirror may have compressed anew or not at all;
    # with it, of the compressed bytes, for a data set of which nothing else is published.
    md5: ClassVar[dict[str, str]]
    counts: ClassVar[dict[str, int]] = {"train": 60_000, "t10k": 10_000}

    class Settings(Source.Settings):
        images: int = Field(60_000, ge=100, le=60_000, description="Training images; 10,000 more are held out.")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Who asks for the same data set with other settings waits for the download instead of starting another.
        cls._turn = threading.Lock()

    @property
    def name(self) -> str:
        """The name under which the registry knows this source."""
        return type(self).__module__.rpartition(".")[2].replace("_", "-")

    def load(self, report: Report) -> Dataset:
        """The data set; ``report`` counts the bytes of the unpacked files. Raises SourceError."""
        files = list(self._files())
        total = sum(file.size for file in files)
        arrays, start = [], 0
        for file in files:
            arrays.append(self._array(file, lambda done, start=start: report(start + done, total)))
            start += file.size
            report(start, total)
        images, labels, test_images, test_labels = arrays
        order = first_of_each(labels, len(labels))[: self.settings.images]
        return Dataset(
            name=self.name,
            train=split(images[order] / np.float32(255), labels[order]),
            test=split(test_images / np.float32(255), test_labels),
            class_names=self.class_names,
        )

    def _files(self) -> Iterator[IdxFile]:
        for part, count in self.counts.items():
            yield IdxFile(f"{part}-images-idx3-ubyte", (count, 28, 28))
            yield IdxFile(f"{part}-labels-idx1-ubyte", (count,))

    def _array(self, file: IdxFile, advance: Advance) -> np.ndarray:
        mirror = unquoted(os.environ.get("AECORE_MIRROR", ""))
        if mirror and not mirror.lower().startswith(("http://", "https://")):
            return self._from_folder(mirror, file)
        with self._turn:
            cached = self._from_cache(file)
            return self._from_web(mirror, file, advance) if cached is None else cached

    def _read(self, path: Path, file: IdxFile) -> np.ndarray:
        """uint8 of the file's shape. Raises OSError if ``path`` cannot be read, Refused if it is not ``file``."""
        with path.open("rb") as stream:
            raw = stream.read(file.size + _slack(file) + 1)
        data = file.unpack(raw)
        array = file.parse(data)
        checked, known = (data, self.md5[file.name]) if file.name in self.md5 else (raw, self.md5[f"{file.name}.gz"])
        # Against damage and mix-ups: whatever the bytes are, they are read as pixels and never run.
        if hashlib.md5(checked, usedforsecurity=False).hexdigest() != known:
            raise Refused(f"{path.name} is not the file of {self.name}: its checksum differs")
        return array

    def _from_folder(self, mirror: str, file: IdxFile) -> np.ndarray:
        """uint8 of the file's shape, of the first file of its name that is the right one."""
        names = " or ".join(name for name in self._known(file) if "." not in name.removesuffix(".gz"))
        fix = f"put the IDX files of {self.name} there, or unset AECORE_MIRROR, or use mnist-5k, which needs no files."
        reason = ""
        try:
            folder = _folder(mirror)
            for path in self._candidates(folder, file):
                try:
                    return self._read(path, file)
                except (Refused, OSError) as error:
                    reason = reason or (str(error) if isinstance(error, Refused) else _why(error))
        except PathError as error:
            raise SourceError(f"AECORE_MIRROR must name a folder or begin with https://: {error}; {fix}") from error
        except OSError as error:
            reason = _why(error)
        if reason:
            raise SourceError(
                f"{self.name} could not be read from the folder that AECORE_MIRROR names ({reason}); {fix}"
            )
        missing = "" if folder.is_dir() else ": there is no such folder"
        raise SourceError(f"the folder that AECORE_MIRROR names holds no {names}{missing}; {fix}")

    def _candidates(self, folder: Path, file: IdxFile) -> list[Path]:
        """Files that may be ``file``: those in a folder named like the data set first, then the nearer first."""
        if not folder.is_dir():
            return []
        found = [path for path in files_below(folder, DEPTH) if file.is_named(path.name)]
        if file.name not in self.md5:
            # Of the unpacked bytes nothing is known.
            found = [path for path in found if path.name.lower().endswith(".gz")]
        own = _plain(self.name)
        return sorted(found, key=lambda path: own not in map(_plain, path.relative_to(folder).parts[:-1]))

    def _known(self, file: IdxFile) -> list[str]:
        """The names under which ``file`` can be told to be the right one, the usual ones first."""
        return [name for name in file.spellings if name.endswith(".gz") or file.name in self.md5]

    def _cache(self) -> Path:
        return home() / "data" / self.name

    def _from_cache(self, file: IdxFile) -> np.ndarray | None:
        """uint8 of the file's shape, or None where the cache holds no such file or a damaged one."""
        try:
            return self._read(self._cache() / f"{file.name}.gz", file)
        except (OSError, Refused):
            return None

    def _from_web(self, mirror: str, file: IdxFile, advance: Advance) -> np.ndarray:
        try:
            urls = self._urls(mirror, file)
            for url in urls[:-1]:
                try:
                    return self._from_address(url, file, advance)
                except Refused:
                    # Another of them may be sound.
                    continue
            return self._from_address(urls[-1], file, advance)
        except Refused as refusal:
            raise SourceError(
                f"{self.name} could not be downloaded ({refusal}); check the connection to the internet and try again, "
                "or set AECORE_MIRROR to a folder with its IDX files, or use mnist-5k, which needs no network."
            ) from refusal
        except OSError as error:
            raise SourceError(
                f"{self.name} could not be stored ({_why(error)}); make room on the disk, "
                "or set AECORE_HOME to a folder that can be written, or use mnist-5k, which needs neither."
            ) from error

    def _from_address(self, url: str, file: IdxFile, advance: Advance) -> np.ndarray:
        try:
            return self._retrieved(url, self._cache(), file, advance)
        except OSError:
            # The cache cannot be written: for this once, a folder that can be will do.
            with tempfile.TemporaryDirectory(prefix="aecore-") as folder:
                return self._retrieved(url, Path(folder), file, advance)

    def _urls(self, mirror: str, file: IdxFile) -> list[str]:
        """The file's addresses, at least one, on a server that has just answered; what a mirror has comes first."""
        if not mirror:
            status(f"{self.address}{file.name}.gz")
            return [f"{self.address}{file.name}.gz"]
        base = mirror.rstrip("/")
        usual = f"{base}/{file.name}.gz"
        places = [f"{base}/{folder}{name}" for folder in (f"{self.name}/", "") for name in self._known(file)]
        return [url for url in places if status(url) < 400] or [usual]

    def _retrieved(self, url: str, folder: Path, file: IdxFile, advance: Advance) -> np.ndarray:
        """uint8 of the file's shape, with one try more if the first brings nothing or the wrong thing.

        Raises Refused if the second is no better, OSError where ``folder`` cannot be written.
        """
        try:
            return self._retrieved_once(url, folder, file, advance)
        except Refused:
            return self._retrieved_once(url, folder, file, advance)

    def _retrieved_once(self, url: str, folder: Path, file: IdxFile, advance: Advance) -> np.ndarray:
        path = folder / f"{file.name}.gz"

        def heard(received: int, announced: int | None) -> None:
            advance(min(received * file.size // (announced or file.size), file.size))

        download(url, path, file.size + _slack(file), heard)
        try:
            return self._read(path, file)
        except Refused:
            path.unlink(missing_ok=True)
            raise


def _plain(name: str) -> str:
    """A file's or folder's name without what systems and tools change about it."""
    name = re.sub(r"[\s._-]*(\(\d+\)|copy)?(\.gz)?$", "", name.casefold().removesuffix(".gz"))
    return re.sub(r"[\s._-]+", "", name)


def _folder(mirror: str) -> Path:
    """The folder that was typed; where one of the IDX files was, the folder that it is in. Raises PathError."""
    path = typed_path(mirror)
    if path.is_file():
        if "ubyte" not in path.name.lower():
            raise PathError(f"{shorten(path.name)} is a file, where the folder with the four IDX files belongs")
        return path.parent
    return path


def _why(error: OSError) -> str:
    """What the system says, without the path: a visitor need not learn the folders of the server."""
    return error.strerror or type(error).__name__


def _slack(file: IdxFile) -> int:
    """Bytes that a compressed file may be longer than the unpacked one."""
    return file.size // 100 + 1024
