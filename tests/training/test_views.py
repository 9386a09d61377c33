"""Which changed copies of the real images an update needs: as few as the codes allow."""

import pytest

from infogan.codes.latent import Latent
from infogan.training.views import views_of
from infogan.transforms.ranges import Augmentation
from infogan.transforms.table import POSE


def views(codes, channels=3, **ranges):
    return views_of(Latent.parse(codes, noise=0), Augmentation(**ranges), channels)


def test_one_category_needs_one_copy_changed_in_its_pose():
    found = views("kind=cat:10,a=uni,b=uni")
    assert list(found.views) == ["changed"] == [found.dials]
    assert tuple(found.views["changed"].ranges) == POSE


def test_a_category_also_ignores_what_dials_follow_as_far_as_they_are_taught():
    found = views("kind=cat:3,x=uni:follow=shift-x@0.5,light=uni:follow=light")
    ranges = found.views[found.of_code["kind"]].ranges
    assert ranges["shift-x"] == 0.5
    assert ranges["shift-y"] == Augmentation().shift
    assert "light" in ranges
    assert list(found.views) == ["changed"]


def test_categories_that_ignore_other_things_read_other_copies():
    found = views("digit=cat:10:ignore=pose+colour,hue=cat:12:ignore=pose,more=cat:2:ignore=pose")
    assert found.of_code["hue"] == found.of_code["more"] != found.of_code["digit"]
    assert "hue" in found.views[found.of_code["digit"]].ranges
    assert "hue" not in found.views[found.of_code["hue"]].ranges
    assert found.dials == found.of_code["digit"]
    assert len(found.views) == 2


def test_grey_images_have_no_colour_to_change():
    found = views("digit=cat:10:ignore=pose+colour,more=cat:2:ignore=pose", channels=1)
    assert len(found.views) == 1


def test_a_range_of_0_leaves_a_change_out():
    assert "shear" not in views("kind=cat:10", shear=0.0).views["changed"].ranges


@pytest.mark.parametrize(
    ("codes", "channels", "two_sided"),
    [
        ("kind=cat:3,hue=cat:4:ignore=pose", 3, set()),
        ("kind=cat:3:ignore=pose+colour,hue=cat:4:ignore=pose", 3, {"kind"}),
        ("kind=cat:3:ignore=pose+colour,tone=cat:4:ignore=texture", 1, {"tone"}),
        ("kind=cat:3:ignore=pose+light+hidden,tilt=uni:ignore=colour", 3, set()),
    ],
)
def test_copies_of_another_colour_or_texture_are_told_at_a_glance(codes, channels, two_sided):
    assert views(codes, channels).two_sided == two_sided
