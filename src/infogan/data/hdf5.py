"""HDF5 files, for which h5py is needed: an extra."""

from pathlib import Path
from typing import Any

SUFFIXES = (".h5", ".hdf5")


def opened(path: Path) -> Any:
    """The open file, to be read piece by piece; ValueError without h5py, or where it is damaged."""
    try:
        import h5py
    except ImportError:
        raise ValueError(
            f"{path}: HDF5 needs an extra: pip install -c constraints.txt 'infogan[hdf5]'"
        ) from None
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path}: not a readable HDF5 file ({error})") from None


def keys(path: Path) -> set[str]:
    """Names of the arrays and groups at the top."""
    with opened(path) as file:
        return set(file)
