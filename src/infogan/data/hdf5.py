"""HDF5 files, for which h5py is needed: an extra."""

from pathlib import Path
from typing import Any

from infogan.errors import UserError, require_extra

SUFFIXES = (".h5", ".hdf5")


def opened(path: Path) -> Any:
    """The open file, to be read piece by piece; UserError without h5py, or where it is damaged."""
    require_extra("hdf5", f"{path}: HDF5", "h5py")
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise UserError(f"{path}: not a readable HDF5 file ({error})") from None


def keys(path: Path) -> set[str]:
    """Names of the arrays and groups at the top."""
    with opened(path) as file:
        return set(file)
