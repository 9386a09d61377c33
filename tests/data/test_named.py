import gzip
import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from infogan.data import named
from infogan.data.open import open_images, open_labels

IMAGES = "train-images-idx3-ubyte"
CLOSED = "http://127.0.0.1:9/"
"""The discard port, where nothing listens."""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A folder, and the address under which this machine serves it."""
    folder = tmp_path / "served"
    folder.mkdir()
    monkeypatch.setenv("NO_PROXY", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("INFOGAN_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_mirrors_are_tried_in_turn_and_the_file_is_kept(
    server, cache, monkeypatch, write_idx, random_images
):
    folder, address = server
    published = write_idx(folder / f"{IMAGES}.gz", random_images)
    (folder / "wrong").mkdir()
    (folder / "wrong" / f"{IMAGES}.gz").write_bytes(b"a page that says it has moved")
    md5 = hashlib.md5(published.read_bytes()).hexdigest()
    monkeypatch.setitem(named.DOWNLOAD_MD5, "kmnist", {IMAGES: md5})
    mirrors = (CLOSED, f"{address}missing/", f"{address}wrong/", address)
    monkeypatch.setitem(named.MIRRORS, "kmnist", mirrors)

    source = open_images("kmnist")
    assert np.array_equal(source.batch(np.arange(6))[:, 0], random_images)
    assert [p.name for p in (cache / "kmnist").iterdir()] == [f"{IMAGES}.gz"]
    monkeypatch.setitem(named.MIRRORS, "kmnist", (CLOSED,))
    assert len(open_images("kmnist")) == 6


def test_offline_message_names_the_folder_and_leaves_nothing_behind(cache, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setitem(named.MIRRORS, "fashion-mnist", (CLOSED, CLOSED))
    with pytest.raises(ValueError, match="could not fetch t10k-images-idx3-ubyte") as caught:
        open_images("fashion-mnist", split="test")
    assert f"put it into {cache / 'fashion-mnist'}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_files_put_there_by_hand_need_no_network(cache, write_idx, random_images):
    folder = cache / "fashion-mnist"
    folder.mkdir(parents=True)
    write_idx(folder / "t10k-images.idx3-ubyte", random_images)
    assert len(open_images("fashion-mnist", split="test")) == 6
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", np.arange(6))
    assert np.array_equal(open_labels("fashion-mnist"), np.arange(6))


def test_a_file_that_is_not_mnist_is_refused(cache, write_idx, random_images):
    (cache / "mnist").mkdir(parents=True)
    write_idx(cache / "mnist" / f"{IMAGES}.gz", random_images)
    with pytest.raises(ValueError, match="not the published file"):
        open_images("mnist")


def test_real_mnist(mnist_dir, monkeypatch):
    monkeypatch.setenv("INFOGAN_DATA", str(mnist_dir.parent))
    train, test = open_images("mnist"), open_images("mnist", split="test")
    assert (len(train), len(test), train.shape) == (60_000, 10_000, (1, 28, 28))
    assert np.array_equal(open_labels("mnist", split="train")[:5], [5, 0, 4, 1, 9])
    assert np.array_equal(np.bincount(open_labels("mnist"))[:3], [980, 1135, 1032])


def test_every_named_set_lists_a_hash_for_each_of_its_files():
    for name, mirrors in named.MIRRORS.items():
        assert len(mirrors) >= 2
        assert all(address.endswith("/") for address in mirrors)
        hashes = named.DOWNLOAD_MD5[name]
        assert set(hashes) == set(named.FILES.values())
        assert all(len(bytes.fromhex(md5)) == 16 for md5 in hashes.values())


def test_cache_is_the_users_own_without_the_variable(monkeypatch):
    monkeypatch.delenv("INFOGAN_DATA", raising=False)
    assert named.cache_folder("mnist").parts[-1] == "mnist"
    assert "infogan" in named.cache_folder("mnist").parts


def test_regzipped_mnist_is_recognised_by_its_content(cache, mnist_dir):
    (cache / "mnist").mkdir(parents=True)
    content = gzip.decompress((mnist_dir / "t10k-labels-idx1-ubyte.gz").read_bytes())
    for ending, data in ((".gz", gzip.compress(content, 1)), ("", content)):
        (cache / "mnist" / f"t10k-labels-idx1-ubyte{ending}").write_bytes(data)
        assert len(open_labels("mnist")) == 10_000
