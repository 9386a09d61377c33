"""HDF5 files, for which h5py is needed: an extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infogan.data.unpacking import check_unpacking
from infogan.errors import UserError, require_extra

SUFFIXES = (".h5", ".hdf5")


def opened(path: Path) -> Any:
    """The open file, to be read piece by piece; UserError without h5py, or where it is damaged."""
    require_extra("hdf5", f"{path}: HDF5", "h5py")
    import h5py

    with readable(path):
        return h5py.File(path, "r")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what h5py raises for damage, as late as when an array is read, into a line."""
    try:
        yield
    except UserError:
        raise
    except (*(OSError, RuntimeError, ValueError, KeyError), *(TypeError, OverflowError)) as error:
        raise UserError(f"{path}: not a readable HDF5 file ({error}); fetch it again") from None


def array(file: Any, name: str) -> Any:
    """An array of an open file, not read yet.

    UserError unless it lies in the file itself: what a link or a virtual array leads to may be any
    other file of this machine; and where it says that it holds far more than the file.
    """
    import h5py

    at = file
    for part in name.split("/"):
        if not isinstance(at, h5py.Group) or at.get(part, getclass=True, getlink=True) is None:
            raise UserError(f"{file.filename}: holds no {name}")
        if not isinstance(at.get(part, getlink=True), h5py.HardLink):
            raise UserError(f"{file.filename}: {name} is a link, which is not followed")
        at = at[part]
    if not isinstance(at, h5py.Dataset) or at.is_virtual or at.external or at.dtype.hasobject:
        raise UserError(f"{file.filename}: {name} is no array of numbers within the file")
    check_unpacking(f"{file.filename}: {name}", at.nbytes, Path(file.filename).stat().st_size)
    return at


def keys(path: Path) -> set[str]:
    """Names of the arrays and groups at the top."""
    with readable(path), opened(path) as file:
        return set(file)
