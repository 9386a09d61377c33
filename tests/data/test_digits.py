import numpy as np
import pytest

from infogan.data.open import open_images, open_labels


def test_all_digits_in_both_splits():
    train, test = open_images("digits"), open_images("digits", split="test")
    assert (len(train), len(test), train.shape) == (1797, 1797, (1, 28, 28))
    assert np.bincount(open_labels("digits")).tolist() == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
    ]  # fmt: skip


@pytest.mark.parametrize("size", [16, 28, 64])
def test_enlarging_keeps_the_picture(size):
    """Averaged back over the cells it came from, a digit is the 8×8 one."""
    from sklearn.datasets import load_digits

    source = open_images("digits", size=size)
    assert source.shape == (1, size, size)
    batch = source.batch(np.arange(200))[:, 0].astype(float) / 255
    assert batch.max() == 1
    assert (batch[:, 0, 0] == 0).all()
    cells = load_digits().images[:200] / 16
    centres = ((np.arange(8) + 1.5) / 10 * size).astype(int)
    sampled = batch[:, centres][:, :, centres]
    assert np.corrcoef(sampled.ravel(), cells.ravel())[0, 1] > 0.96
