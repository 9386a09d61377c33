"""The rendered chairs' tree of folders."""

import numpy as np
import pytest
from PIL import Image

from infogan.data.open import open_images, open_labels


@pytest.fixture
def chairs(tmp_path):
    """Two chairs, seen from two elevations and two azimuths: a dark square on white, 600×600."""
    root = tmp_path / "rendered_chairs"
    for m, model in enumerate(("1a6f615e8b1b", "9a82f5c1b2c3")):
        (root / model / "renders").mkdir(parents=True)
        views = [(20, 11), (20, 191), (30, 11), (30, 191)]
        for i, (elevation, azimuth) in enumerate(views):
            pixels = np.full((600, 600, 3), 255, np.uint8)
            pixels[150:450, 150:450] = 20 * i + 100 * m
            name = f"image_{i:03d}_p{elevation:03d}_t{azimuth:03d}_r096.png"
            Image.fromarray(pixels).save(root / model / "renders" / name, compress_level=1)
    (root / "all_chair_names.mat").write_bytes(b"not looked at")
    return root


def test_every_view_of_every_chair(chairs):
    source = open_images(chairs)
    assert source.shape == (1, 64, 64)
    assert len(source) == 8
    assert source.models == ("1a6f615e8b1b", "9a82f5c1b2c3")
    assert source.views[[0, 3, 6]].tolist() == [[0, 20, 11], [0, 30, 191], [1, 30, 11]]
    images = source.batch(np.array([6, 1]))
    assert images[:, 0, 32, 32].tolist() == [140, 20]
    assert (images[:, 0, 0, 0] == 255).all()
    assert open_images(chairs, size=32, channels=3).batch(np.array([0])).shape == (1, 3, 32, 32)
    assert open_labels(chairs) is None


def test_transparency_is_white(chairs):
    path = min(chairs.glob("*/renders/image_000*"))
    Image.new("RGBA", (600, 600), (0, 0, 0, 0)).save(path)
    assert (open_images(chairs, size=8).batch(np.array([0])) == 255).all()


def test_other_names_are_refused_and_damaged_files_named(chairs):
    path = chairs / "1a6f615e8b1b" / "renders" / "image_000_p020_t011_r096.png"
    path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"image_000_p020_t011_r096\.png: cannot be read"):
        open_images(chairs, size=8).batch(np.array([0]))
    for file in chairs.glob("*/renders/*.png"):
        file.rename(file.with_name(f"view-{file.name}"))
    with pytest.raises(ValueError, match=r"hold no files named image_000_p020_t011_r096\.png"):
        open_images(chairs)
