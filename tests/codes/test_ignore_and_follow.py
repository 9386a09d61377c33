"""What codes ignore and follow, as they are spelled."""

import pytest

from infogan.codes.latent import Latent
from infogan.errors import UserError
from infogan.transforms.table import POSE, TRANSFORMATIONS


def test_what_is_said_is_kept():
    text = (
        "kind=cat:10:ignore=pose+colour,x=uni:-2:2:follow=shift-x,w=norm:sigma=1:follow=light@0.4"
    )
    latent = Latent.parse(text)
    assert str(latent) == text
    assert Latent.parse(str(latent)) == latent
    assert latent.followed == {"shift-x": TRANSFORMATIONS["shift-x"].far, "light": 0.4}
    assert latent["kind"].ignored == dict.fromkeys((*POSE, "hue", "saturation"))


def test_unless_told_categories_ignore_pose_and_dials_nothing():
    latent = Latent.parse("kind=cat:3,on=bern,a=uni,b=cat:2:ignore=none")
    assert latent["kind"].ignored == latent["on"].ignored == dict.fromkeys(POSE)
    assert latent["a"].ignored == latent["b"].ignored == {}


def test_how_far_a_code_ignores_can_be_said_of_single_transformations():
    text = "kind=cat:3:ignore=pose+rotation@3.14+light@0.6"
    latent = Latent.parse(text)
    assert str(latent) == text
    ignored = latent["kind"].ignored
    assert {name: far for name, far in ignored.items() if far} == {"rotation": 3.14, "light": 0.6}
    assert set(ignored) == {*POSE, "light"}


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ("x=uni:follow=left", "a dial can follow shift-x, shift-y, rotation"),
        ("x=uni:follow=flip", "a dial can follow"),
        ("x=uni:follow=hue@much", "how far must be a number from 0.005 to 5, such as hue@0.5"),
        ("x=uni:follow=hue@-1", "how far must be a number from 0.0"),
        ("x=uni:follow=scale@80", "to 3"),
        ("x=cat:3:ignore=pose@0.3", "only single transformations are told how far"),
        ("x=cat:3:ignore=hue@", "ignore=hue@: how far must be a number from 0.005"),
        ("x=cat:3:ignore=rotation@nan", "how far must be a number from 0.0"),
        ("x=uni:ignore=none+pose", "none stands alone"),
        ("x=uni:ignore=none+hue@0.2", "none stands alone"),
        ("x=uni:ignore=hue@0.2+hue@0.3", "hue is told how far twice"),
        ("x=uni:follow=shift-x@1e-300", "how far must be a number from 0.0"),
        ("x=uni:follow=shift_x", r"did you mean shift-x\?"),
        ("x=uni:ignore=rotaton", r"did you mean rotation\?"),
        ("x=cat10", "cannot read 'x=cat10'"),
        ("x=cat:3:follow=hue", "only dials follow"),
        ("x=bern:follow=hue", "only dials follow"),
        ("x=uni:follow=hue:ignore=colour", "x: ignores and follows hue"),
        ("x=uni:follow=hue,y=norm:follow=hue@2", "two dials follow hue"),
        ("x=cat:4:ignore=", "cannot read"),
        ("x=cat:4:ignore=pose:ignore=colour", "cannot read"),
        ("x=cat:4:ignore=poses", "no transformation 'poses'"),
    ],
)
def test_what_makes_no_sense_is_refused(codes, said):
    with pytest.raises(UserError, match=said):
        Latent.parse(codes)
