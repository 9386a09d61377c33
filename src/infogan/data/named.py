"""Public data sets by name, fetched once into a cache and checked."""

import os
import sys
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data import idx
from infogan.errors import UserError

MIRRORS = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    "kmnist": (
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
}
"""Addresses of each set, tried in turn; each holds the four files of `FILES`."""

FILES = {
    ("train", "images"): "train-images-idx3-ubyte",
    ("train", "labels"): "train-labels-idx1-ubyte",
    ("test", "images"): "t10k-images-idx3-ubyte",
    ("test", "labels"): "t10k-labels-idx1-ubyte",
}

DOWNLOAD_MD5 = {
    "mnist": {
        "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    "kmnist": {
        "train-images-idx3-ubyte": "bdb82020997e1d708af4cf47b453dcf7",
        "train-labels-idx1-ubyte": "e144d726b3acfaa3e44228e80efcd344",
        "t10k-images-idx3-ubyte": "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-labels-idx1-ubyte": "7320c461ea6c1c855c0b718fb2a4b134",
    },
}
"""MD5 of the published .gz files, checked as they arrive (the lists of their authors)."""

CONTENT_MD5 = {
    "mnist": {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
}
"""MD5 of the uncompressed files where known, so that a file gzipped anew is recognised too."""


def read_images(name: str, split: str) -> UInt8[np.ndarray, "n 1 h w"]:
    """The images of a named set, from the cache or fetched into it. Raises UserError."""
    return _read(name, split, "images")[:, None]


def read_labels(name: str, split: str) -> Int[np.ndarray, " n"]:
    """The labels of the same images, for evaluation only; a file of their own."""
    return _read(name, split, "labels").astype(np.int64)


def cache_folder(name: str) -> Path:
    """Where the files of a named set are kept: under $INFOGAN_DATA, else the user's cache."""
    import pooch

    return Path(os.environ.get("INFOGAN_DATA") or pooch.os_cache("infogan")) / name


def _read(name: str, split: str, kind: str) -> UInt8[np.ndarray, "..."]:
    file = FILES[split, kind]
    path = idx.find(cache_folder(name), split, kind) or _download(name, file)
    return idx.read(path, kind, CONTENT_MD5.get(name, {}).get(file))


def _download(name: str, file: str) -> Path:
    """Fetch one file from the first address that gives the right content."""
    import pooch

    folder = cache_folder(name)
    for address in MIRRORS[name]:
        try:
            return Path(
                pooch.retrieve(
                    f"{address}{file}.gz",
                    known_hash=f"md5:{DOWNLOAD_MD5[name][file]}",
                    fname=f"{file}.gz",
                    path=folder,
                    progressbar=sys.stderr.isatty(),
                )
            )
        except (OSError, ValueError) as error:  # no network; wrong content
            failure = error
    raise UserError(
        f"{name}: could not fetch {file}.gz ({type(failure).__name__} at {address}); "
        f"put it into {folder} by hand, or set INFOGAN_DATA to the folder that holds {name}/"
    ) from failure
