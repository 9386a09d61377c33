"""Every reader of untrusted bytes, each with a valid file that it reads."""

import gzip
import io
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from promise import Target, new_file
from run_targets import SHAPE, of_a_run, sealed, uploads
from scipy.io import savemat

from infogan.codes.latent import Latent
from infogan.data import shards
from infogan.data.factors_csv import read_factors
from infogan.data.folder import read_content
from infogan.data.labels_csv import read_labelled_images
from infogan.data.open import open_images, open_labels
from infogan.data.rules import ImageRules


def targets(folder: Path) -> list[Target]:
    """Write the valid files into an empty folder."""
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    return [
        *_pictures(folder / "pictures", images),
        *_arrays(folder / "arrays", images),
        *_tables(folder / "tables", images),
        *_packed(folder / "packed", images),
        *of_a_run(folder / "run"),
        *sealed(folder / "sealed"),
        *uploads(folder / "uploads", _picture(images[0], "PNG")),
    ]


def opened(path: Path) -> object:
    """The images of a data set, the first of them read."""
    source = open_images(str(path), split="train", size=8)
    return source.batch(np.arange(min(4, len(source))))


def _one(path: Path) -> object:
    """A picture as the explorer's page sends it: its bytes, without a name."""
    return read_content(path.read_bytes(), SHAPE, ImageRules())


def _picture(image: np.ndarray, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind)
    return buffer.getvalue()


def _pictures(folder: Path, images: np.ndarray) -> list[Target]:
    found, png = list[Target](), _picture(images[0], "PNG")
    for kind in ("png", "gif", "bmp", "tiff", "jpeg", "webp", "ppm"):
        path = new_file(folder / f"0.{kind}", _picture(images[1], kind.upper()))
        found.append(Target(kind, path, _one))
    inside = new_file(folder / "folder" / "0.png", png)
    found.append(Target("folder", inside, lambda path: opened(path.parent)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/0.png", png)
    found.append(Target("zip", new_file(folder / "a.zip", packed.getvalue()), opened))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in (("0.png", png), ("0.cls", b"3")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    found.append(Target("tar", new_file(folder / "a.tar", packed.getvalue()), opened))
    return found


def _arrays(folder: Path, images: np.ndarray) -> list[Target]:
    npy, npz, mat = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(npy, images)
    np.savez_compressed(npz, images=images, labels=np.arange(6) % 3)
    svhn = np.zeros((32, 32, 3, 2), np.uint8)
    savemat(mat, {"X": svhn, "y": np.ones((2, 1), np.uint8)}, do_compression=True)
    idx = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in images.shape)
    idx += images.tobytes()

    def labelled(path: Path) -> object:
        return read_labelled_images(path, path, split="train", shape=SHAPE)

    return [
        Target("npy", new_file(folder / "a.npy", npy.getvalue()), opened),
        Target("npz", new_file(folder / "a.npz", npz.getvalue()), opened),
        Target("npz-labels", new_file(folder / "b.npz", npz.getvalue()), labelled),
        Target("idx", new_file(folder / "train-images-idx3-ubyte", idx), opened),
        Target("idx-gz", new_file(folder / "a-idx3-ubyte.gz", gzip.compress(idx)), opened),
        Target("mat", new_file(folder / "train_32x32.mat", mat.getvalue()), opened),
        *(_parquet(folder / "a.parquet", images) if find_spec("pyarrow") else []),
        *(_hdf5(folder / "hdf5") if find_spec("h5py") else []),
    ]


def _parquet(path: Path, images: np.ndarray) -> list[Target]:
    import pyarrow as pa
    from pyarrow import parquet

    rows = [{"bytes": _picture(image, "PNG"), "path": None} for image in images[:2]]
    parquet.write_table(pa.table({"image": rows, "label": [0, 1]}), path)
    return [Target("parquet", path, opened)]


def _tables(folder: Path, images: np.ndarray) -> list[Target]:
    rows = [",".join(map(str, [i, *image.reshape(-1)])) for i, image in enumerate(images)]
    numbers = new_file(folder / "images.npy", b"")
    np.save(numbers, images)

    def labelled(path: Path) -> object:
        return read_labelled_images(path, numbers, split="train", shape=SHAPE)

    return [
        Target("csv", new_file(folder / "a.csv", "\n".join(rows).encode()), opened),
        Target("labels", new_file(folder / "labels.csv", b"index,label\n0,two\n3,one\n"), labelled),
        Target(
            "factors",
            new_file(folder / "factors.csv", b"file,size,hue\n0.png,1,red\n1.png,2.5,?\n"),
            read_factors,
        ),
        Target(
            "codes",
            new_file(
                folder / "codes.txt", b"kind=cat:3,tilt=uni:-1:1:sigma=0.5,swing=norm,on=bern"
            ),
            lambda path: Latent.parse(path.read_text(errors="replace"), 4),
        ),
    ]


def _packed(folder: Path, images: np.ndarray) -> list[Target]:
    """The files of shards."""
    folder.mkdir(parents=True)
    shards.pack(images[:, None], folder)
    np.save(folder / shards.LABELS, np.arange(len(images)) % 3)

    def read(path: Path) -> object:
        return opened(path.parent), open_labels(path.parent)

    return [
        Target("shards", folder / shards.MANIFEST, read),
        Target("shards-index", folder / shards.INDEX, read),
        Target("shards-labels", folder / shards.LABELS, read),
        Target("shards-tar", folder / "00000.tar", read),
    ]


def _hdf5(folder: Path) -> list[Target]:
    """Grids of 2 x 2 images, as 3D Shapes and dSprites have theirs."""
    import h5py

    a, b = (each.reshape(-1) for each in np.indices((2, 2)))
    shapes = {"images": np.zeros((4, 8, 8, 3), np.uint8)}
    shapes["labels"] = np.stack([a, b, *4 * [np.zeros(4)]], axis=1)
    sprites = {"imgs": np.zeros((4, 8, 8), np.uint8)}
    sprites["latents/classes"] = np.stack([0 * a, a, b, *3 * [0 * a]], axis=1)
    found = list[Target]()
    for name, arrays in (("3dshapes.h5", shapes), ("dsprites.hdf5", sprites)):
        path = new_file(folder / name, b"")
        with h5py.File(path, "w", libver="latest") as file:
            for key, array in arrays.items():
                file.create_dataset(key, data=array)
        found.append(Target(f"hdf5-{path.stem}", path, opened))
    return found
