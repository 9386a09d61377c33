import numpy as np
import pytest

from infogan.data.heads import AZIMUTHS, ELEVATIONS, LIGHTS, WIDTHS, Heads, Identity, head
from infogan.data.open import open_images
from infogan.data.surfaces import turned_about_x, turned_about_y

IDENTITY, AZIMUTH, ELEVATION, WIDTH, LIGHT = range(5)
MIDDLE = [0, 10, 4, 2, 4]


@pytest.fixture(scope="module")
def heads():
    return open_images("heads")


def vary(heads, factor, **fixed):
    """One image for each value of a factor, the others in the middle, as floats."""
    factors = np.tile(MIDDLE, (heads.factor_sizes[factor], 1))
    for name, value in fixed.items():
        factors[:, heads.factor_names.index(name)] = value
    factors[:, factor] = np.arange(len(factors))
    return heads.render(factors)[:, 0].astype(float)


def silhouette(images):
    return images > 5


def test_grid_runs_through_every_combination(heads):
    assert heads.factor_names == ("identity", "azimuth", "elevation", "width", "light")
    assert heads.factor_sizes == (8, 21, 9, 5, 9)
    assert len(heads) == 68_040
    assert heads.shape == (1, 32, 32)
    assert heads.factors(np.array([0, 1, 9, 68_039])).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 1, 0],
        [7, 20, 8, 4, 8],
    ]
    assert heads.batch(np.array([5])).dtype == np.uint8


@pytest.fixture(scope="module")
def noses():
    """One head with a shorter and with a longer nose."""
    return [head(Identity(nose=nose), 32) for nose in (0.2, 0.26)]


def place_of_nose(noses, turn):
    """Column and row of the nose: where the picture changes with nothing but its length."""
    short, long = (nose.seen(turn, 32) for nose in noses)
    change = np.abs(long - short).sum(axis=0)
    return [change.sum(axis=axis) @ np.arange(32) / change.sum() for axis in (0, 1)]


def test_the_nose_moves_across_with_azimuth(noses):
    columns = np.array([place_of_nose(noses, turned_about_y(a))[0] for a in AZIMUTHS])
    assert (np.diff(columns) > 0.25).all()
    assert columns[10] == pytest.approx(15.5, abs=0.2)
    assert columns + columns[::-1] == pytest.approx(31, abs=0.5)
    assert columns[-1] - columns[0] > 15


def test_the_nose_moves_up_with_elevation(noses):
    rows = np.array([place_of_nose(noses, turned_about_x(e))[1] for e in ELEVATIONS])
    assert (np.diff(rows) < -0.25).all()
    assert rows[0] - rows[-1] > 5


def test_eyes_move_to_the_side_the_head_turns_to(heads):
    images = vary(heads, AZIMUTH, identity=1)  # Bald: nothing else is dark in the eyes' rows.
    eyes = images[4:17, 12:16].mean(axis=1)
    skin = silhouette(images)[4:17, 12:16].all(axis=1)
    x = np.arange(32)
    middle = [
        np.average(x[s][2:-2], weights=255 - e[s][2:-2]) for e, s in zip(eyes, skin, strict=True)
    ]
    darkness = np.array(middle)
    assert (np.diff(darkness) > 0).all()
    assert darkness[6] == pytest.approx(15.5, abs=0.3)


@pytest.mark.parametrize("identity", range(8))
def test_the_mirrored_azimuth_and_light_give_the_mirrored_picture(heads, identity):
    rng = np.random.default_rng(identity)
    factors = heads.sample_factors(60, rng)
    factors[:, IDENTITY] = identity
    mirrored = factors.copy()
    mirrored[:, AZIMUTH] = 20 - factors[:, AZIMUTH]
    mirrored[:, LIGHT] = 8 - factors[:, LIGHT]
    images, others = heads.render(factors), heads.render(mirrored)[..., ::-1]
    assert np.abs(images.astype(float) - others).mean() < 2
    assert np.abs(images.astype(float) - images[..., ::-1]).mean() > 15


def test_elevation_moves_the_eyes_up(heads):
    """On the bald head the eyes are the darkest rows of the face's upper part."""
    images = vary(heads, ELEVATION, identity=1, width=4)
    rows = [image[6:24, 10:15].mean(axis=1).argmin() for image in images[:7]]
    assert (np.diff(rows) <= 0).all()
    assert rows[0] - rows[-1] >= 5


def test_a_wider_head_has_a_wider_silhouette(heads):
    for identity in range(8):
        masks = silhouette(vary(heads, WIDTH, identity=identity))
        across = masks[:, 8:22].sum(axis=2).max(axis=1)
        assert (np.diff(across) >= 1).all()
        assert across[-1] / across[0] == pytest.approx(WIDTHS[-1] / WIDTHS[0], rel=0.12)
        rows = masks.any(axis=2).sum(axis=1)
        assert rows.max() == rows.min()


def test_the_side_the_light_comes_from_is_the_brighter(heads):
    images = vary(heads, LIGHT, identity=1)
    balance = images[:, :, 16:].sum(axis=(1, 2)) / images.sum(axis=(1, 2)) - 0.5
    assert (np.diff(balance) > 0).all()
    assert balance[4] == pytest.approx(0, abs=0.005)
    assert balance[-1] > 0.15
    assert LIGHTS[-1] > 0


def test_light_changes_no_outline(heads):
    masks = silhouette(vary(heads, LIGHT))
    assert (masks == masks[4]).mean() > 0.995


def test_identities_differ_more_than_neighbouring_azimuths(heads):
    images = vary(heads, IDENTITY).reshape(8, -1)
    gaps = np.abs(images[:, None] - images).mean(axis=2)[np.triu_indices(8, 1)]
    step = np.abs(np.diff(vary(heads, AZIMUTH), axis=0)).mean(axis=(1, 2))
    assert gaps.min() > step.mean()


def test_every_value_of_every_factor_shows(heads):
    for factor, size in enumerate(heads.factor_sizes):
        images = vary(heads, factor).reshape(size, -1)
        assert len(np.unique(images, axis=0)) == size


def test_heads_have_no_holes(heads):
    from scipy.ndimage import binary_fill_holes

    for image in silhouette(vary(heads, IDENTITY)):
        assert image.sum() > 300
        assert (binary_fill_holes(image) == image).all()


def test_an_image_does_not_depend_on_what_was_rendered_before(heads):
    indices = np.random.default_rng(0).integers(0, len(heads), 70)
    batch = heads.batch(indices)
    assert np.array_equal(batch[[3, 69]], Heads().batch(indices[[3, 69]]))
    assert heads.batch(indices[:0]).shape == (0, 1, 32, 32)


def test_a_larger_picture_is_the_same_picture():
    indices = np.random.default_rng(1).integers(0, 68_040, 12)
    small, large = Heads(32).batch(indices)[:, 0], Heads(64).batch(indices)[:, 0]
    halved = large.reshape(12, 32, 2, 32, 2).mean(axis=(2, 4))
    assert np.abs(halved - small).mean() < 4
