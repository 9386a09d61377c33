from pathlib import Path

import numpy as np
import pytest

from infogan.data.open import NAMES, RENDERED, open_images, open_labels


@pytest.mark.parametrize("opener", [open_images, open_labels])
def test_what_is_neither_a_path_nor_a_name_lists_the_names(opener):
    with pytest.raises(ValueError, match="no such file or folder") as caught:
        opener("mnits")
    assert all(name in str(caught.value) for name in NAMES)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"missing/file\.npy: no such file"):
        opener("missing/file.npy")


@pytest.mark.parametrize("opener", [open_images, open_labels])
def test_splits_are_train_and_test(opener):
    with pytest.raises(ValueError, match="split 'valid': choose one of train, test"):
        opener("digits", split="valid")


def test_a_file_of_another_kind_says_what_can_be_given(tmp_path):
    path = tmp_path / "photo.txt"
    path.write_text("hello")
    with pytest.raises(ValueError, match=r"give IDX, \.npy, \.npz or a folder of images"):
        open_images(path)


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "a.npy", np.zeros((3, 8, 8), np.uint8))
    source = open_images("~/a.npy")
    assert len(source) == 3
    assert source.name == "~/a.npy"


def test_a_name_wins_over_a_path_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.zeros((3, 8, 8), np.uint8))
    Path("a.npy").rename("digits")
    assert len(open_images("digits")) == 1797
    with pytest.raises(ValueError, match="not an IDX file"):
        open_images("./digits")


@pytest.mark.parametrize("name", ["digits", *RENDERED])
def test_names_without_files_are_the_same_in_both_splits(name):
    train, test = open_images(name, size=32), open_images(name, split="test", size=32)
    indices = np.array([0, 1000, len(train) - 1])
    assert train.name == name
    assert train.shape[1:] == (32, 32)
    assert np.array_equal(train.batch(indices), test.batch(indices))


@pytest.mark.parametrize("name", RENDERED)
def test_rendered_images_have_factors_and_no_labels(name):
    assert open_labels(name) is None
    source = open_images(name, size=28)
    assert len(source) == np.prod(source.factor_sizes)
    factors = source.sample_factors(20, np.random.default_rng(0))
    indices = np.ravel_multi_index(tuple(factors.T), source.factor_sizes)
    assert np.array_equal(source.factors(indices), factors)
    assert np.array_equal(source.batch(indices), source.render(factors))
