"""Writers of small files in the true formats."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

WriteIdx = Callable[[Path, np.ndarray], Path]


@pytest.fixture
def write_idx() -> WriteIdx:
    """Writes an array of bytes in the IDX layout, gzipped where the name ends in .gz."""

    def write(path: Path, array: np.ndarray) -> Path:
        header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 0x08, array.ndim, *array.shape)
        content = header + array.astype(np.uint8).tobytes()
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        return path

    return write


@pytest.fixture
def random_images() -> np.ndarray:
    """Six grey images, 12×12."""
    return np.random.default_rng(0).integers(0, 256, (6, 12, 12), dtype=np.uint8)
