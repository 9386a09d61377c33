"""What a run chooses from its images, and what it does when it fails."""

from dataclasses import replace

import numpy as np
import pytest

from infogan.data.source import ArraySource
from infogan.errors import UserError
from infogan.networks.build import UNTIL_CHOSEN, ModelConfig
from infogan.runs.planning import Plan, check_length, plan, remedied
from infogan.selection.proposal import why_unjudged
from infogan.training.config import TrainConfig
from infogan.training.loss_config import LossConfig
from infogan.training.networks import with_networks
from infogan.training.presets import preset
from infogan.transforms.ranges import Augmentation


def source(channels=1, side=8, n=40):
    rng = np.random.default_rng(0)
    return ArraySource("noise", rng.integers(0, 256, (n, channels, side, side), dtype=np.uint8))


def config(channels=1, side=8, **model):
    tiny = {"width": 4, "hidden": 8, "noise": 2, "image_shape": (channels, side, side)}
    return TrainConfig(model=ModelConfig(**(tiny | model)), batch_size=8, device="cpu")


def test_what_is_given_is_kept():
    given = replace(config(codes="kind=cat:3,tilt=uni"), kimg=1.0)
    assert plan(given, source()).config == given


def test_few_images_are_shown_to_d_changed_and_it_is_said():
    few = plan(config(), source(n=40))
    assert few.config.loss.augment_d == 1
    assert "each of 40 images comes 6,400 times" in "\n".join(few.lines())
    for length, n in ((256.0, 2000), (1.0, 40)):
        enough = plan(replace(config(), kimg=length), source(n=n))
        assert enough.config.loss.augment_d is None
        assert "comes" not in "\n".join(enough.lines())
    said = replace(config(), loss=LossConfig(augment_d=0.0))
    assert plan(said, source(n=40)).config.loss.augment_d == 0
    published = replace(config(), loss=LossConfig(consistency=0.0))
    still = replace(config(), augmentation=Augmentation(shift=0.0))
    for left in (published, still):
        assert plan(left, source(n=40)).config.loss.augment_d is None


def test_a_stream_is_not_few_images_however_few_are_looked_at():
    class Stream(ArraySource):
        def stream(self, seed, start):
            raise NotImplementedError

        def decode(self, items):
            raise NotImplementedError

    assert plan(config(), Stream("many", source(n=40).images)).config.loss.augment_d is None


def test_the_length_that_minutes_choose_says_whether_images_are_few():
    config_, images = config(), source(n=300)
    assert plan(config_, images).config.loss.augment_d == 1
    assert plan(config_, images, minutes=0.01).config.loss.augment_d is None


def test_minutes_set_the_length_by_what_updates_take():
    short, long = (plan(config(), source(), minutes=m) for m in (0.5, 5.0))
    assert short.speed.images_per_second > 0
    told = short.config.kimg * 1000 / short.speed.images_per_second
    assert told == pytest.approx(0.5 * 60, rel=0.3)
    assert long.config.kimg > 3 * short.config.kimg
    assert "images/s measured" in short.lines()[-1]


@pytest.mark.parametrize("minutes", [0.0, -1.0, float("inf"), float("nan")])
def test_minutes_are_a_length_of_time(minutes):
    with pytest.raises(UserError, match="give a length of time above 0"):
        plan(config(), source(), minutes=minutes)


def test_auto_codes_are_chosen_and_told(monkeypatch):
    from infogan.runs import planning
    from infogan.selection.proposal import propose_codes

    monkeypatch.setattr(
        planning, "propose_codes", lambda source, progress: propose_codes(source, looks=(2,))
    )
    made = plan(config(codes="auto"), source(n=120))
    assert made.config.model.codes == made.proposal.codes
    assert made.config.model.codes != "auto"
    assert made.lines()[0] == f"codes     {made.config.model.codes}"
    assert "ignores small changes of pose" in "\n".join(made.lines())


def test_auto_codes_before_the_images_are_read_are_the_usual_ones():
    assert str(preset("auto").model.latent) == UNTIL_CHOSEN


def test_networks_are_chosen_by_colour_and_size():
    grey, _ = with_networks(config(family="auto"))
    assert grey == config(family="conv")
    small, _ = with_networks(config(3, 16, family="auto"))
    assert small.model.family == "conv"
    colour, words = with_networks(config(3, 32, family="auto"))
    assert colour.model.family == "residual"
    assert colour.loss.r1 > 0
    assert colour.model.width == 4  # the user's
    for chosen in ("residual", "R1 0.5", "rate 0.0004", "consistency 4"):
        assert chosen in words
    own = replace(config(3, 32, family="auto"), loss=LossConfig(r1=0.01))
    assert with_networks(own)[0].loss.r1 == 0.01


def test_where_dials_follow_place_d_is_held_back_and_that_is_said():
    placed = replace(config(family="auto").model, codes="c1=cat:3,x=uni:follow=shift-x")
    made, words = with_networks(replace(config(family="auto"), model=placed))
    assert (made.loss.r1, made.loss.r1_every) == (0.5, 4)
    assert words == "R1 0.5, in one update of 4, as dials follow place (--loss.r1 0: none)"
    own = replace(config(family="auto"), model=placed, loss=LossConfig(r1=0.01))
    rarer = replace(config(family="auto"), model=placed, loss=LossConfig(r1_every=16))
    assert with_networks(rarer)[0].loss.r1_every == 16
    kept, nothing = with_networks(own)
    assert (kept.loss.r1, kept.loss.r1_every, nothing) == (0.01, 1, "")
    none = replace(config(family="auto"), model=placed, loss=LossConfig(r1=0.0))
    assert with_networks(none)[0].loss.r1 == 0


def test_a_length_is_given_once():
    with pytest.raises(UserError, match=r"kimg 2 and minutes 3: both say how long; give one"):
        check_length(2.0, 3.0)


def test_large_images_are_said_to_be_slower_by_what_was_measured(monkeypatch):
    # What else the machine does could make either look slower: speeds as pixels have it.
    monkeypatch.setattr(
        "infogan.runs.speed._images_per_second", lambda _, real: 1e6 / real.shape[-1] ** 2
    )
    made = plan(config(side=64), source(side=64, n=12), measure=True)
    assert made.when_small > made.speed.images_per_second
    assert " ".join(made.lines()[-1].split()) == (
        "images are 64×64: at --size 32 it would be 4.0 times faster (measured)"
    )
    # A size that was chosen is chosen, and small ones are small enough.
    chosen = plan(replace(config(side=64), size=64), source(side=64, n=12), measure=True)
    assert chosen.when_small is None
    assert plan(config(side=32), source(side=32, n=12), measure=True).when_small is None


def test_a_failed_run_starts_again_with_d_held_back_but_published_systems_as_they_are():
    again = remedied(config())
    assert again.seed != config().seed
    assert again.loss.r1 > 0
    published = preset("paper-mnist")
    assert remedied(published).loss == published.loss
    held = replace(config(), loss=LossConfig(r1=0.01))
    assert remedied(held).loss.r1 == 0.01


def test_too_few_or_equal_images_are_not_judged():
    few = plan(config(codes="auto"), source(n=40))
    assert few.config.model.codes == UNTIL_CHOSEN
    assert "not judged: 40 images, and 100 are needed" in "\n".join(few.lines())
    alike = ArraySource("alike", np.full((300, 1, 8, 8), 9, np.uint8))
    same = plan(config(codes="auto"), alike)
    assert same.config.model.codes == UNTIL_CHOSEN
    assert "all images looked at are the same" in "\n".join(same.lines())
    # Those that begin alike are not all alike.
    begin_alike = np.repeat([[[[9]]], [[[8]]]], 150, 0).astype(np.uint8)
    assert not why_unjudged(ArraySource("most", begin_alike))


def test_grey_images_have_no_hue_to_follow():
    with pytest.raises(UserError, match="follows hue, which these grey images have not"):
        config(codes="h=uni:follow=hue")
    assert config(3, 8, codes="h=uni:follow=hue").model.latent.followed


def test_published_systems_are_not_said_to_ignore_anything():
    def told(name: str) -> str:
        config = preset(name)
        shaped = replace(config.model, image_shape=(1, 28, 28))
        return "\n".join(Plan(replace(config, model=shaped)).lines())

    assert "from drawn images alone" in told("tutorial")
    assert "ignores" not in told("tutorial")
    assert "ignores small changes of pose" in told("fast")
