"""Codes: spelled, sampled and set as asked; worth in nats what their mathematics says."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from infogan.codes import Bernoulli, Categorical, Normal, Uniform
from infogan.codes.latent import Latent
from infogan.codes.reserved import RESERVED

EVERY_KIND = "kind=cat:3,tilt=uni,size=uni:0:4,bold=norm:sigma=0.5,flip=bern:0.3"


def test_example_of_the_docstring():
    latent = Latent.parse("digit=cat:10,slant=uni,width=uni", noise=62)
    assert latent.dim == 10 + 1 + 1 + 62
    assert latent.q_dim == 10 + 2 + 2  # a category's logits; mean and log σ of each dial


def test_dims_follow_from_the_codes():
    latent = Latent.parse(EVERY_KIND, noise=5)
    assert latent.names == ("kind", "tilt", "size", "bold", "flip")
    assert [code.dim for code in latent.codes] == [3, 1, 1, 1, 1]
    assert [code.q_dim for code in latent.codes] == [3, 2, 2, 1, 1]  # a fixed σ is not asked of Q
    assert (latent.code_dim, latent.dim, latent.q_dim) == (7, 12, 9)
    assert [code.continuous for code in latent.codes] == [False, True, True, True, False]


def test_codes_by_kind():
    latent = Latent.parse("tilt=uni,flip=bern,kind=cat:3")
    assert [code.name for code in latent.discrete] == ["flip", "kind"]
    assert [code.name for code in latent.continuous] == ["tilt"]
    assert latent.leading == latent["flip"]
    dials = Latent.parse("uni,norm")
    assert (dials.leading, dials.discrete) == (None, ())
    assert [code.n_categories for code in latent.discrete] == [2, 3]
    with pytest.raises(TypeError, match="tilt=uni is continuous"):
        latent["tilt"].n_categories  # noqa: B018


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("cat:10", Categorical("c1", k=10)),
        ("a=cat:2", Categorical("a", k=2)),
        (" a=uni ", Uniform("a")),
        ("a=uni:0:5", Uniform("a", low=0.0, high=5.0)),
        ("a=uni:sigma=1", Uniform("a", sigma=1.0)),
        ("a=uni:-2:0.5:sigma=0.1", Uniform("a", sigma=0.1, low=-2.0, high=0.5)),
        ("norm", Normal("c1")),
        ("a=norm:sigma=2", Normal("a", sigma=2.0)),
        ("bern", Bernoulli("c1")),
        ("a=bern:0.25", Bernoulli("a", p=0.25)),
    ],
)
def test_spellings(spelling, code):
    assert Latent.parse(spelling).codes == (code,)


def test_repeated_codes_are_numbered():
    assert Latent.parse("shape=3*cat:20").names == ("shape1", "shape2", "shape3")
    assert Latent.parse("cat:4,2*uni").names == ("c1", "c2", "c3")
    assert str(Latent.parse("2*bern")) == "c1=bern,c2=bern"


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True).filter(
    lambda name: name not in RESERVED
)
numbers = st.floats(-1e6, 1e6)
sigmas = st.just("learned") | st.floats(1e-6, 1e6)
kinds = st.one_of(
    st.builds(Categorical, k=st.integers(2, 1000)),
    st.tuples(numbers, numbers, sigmas)
    .filter(lambda ends: ends[0] < ends[1])
    .map(lambda ends: Uniform(low=ends[0], high=ends[1], sigma=ends[2])),
    st.builds(Normal, sigma=sigmas),
    st.builds(Bernoulli, p=st.floats(0, 1, exclude_min=True, exclude_max=True)),
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(names, kinds, min_size=1, max_size=4))
def test_spelling_is_read_back_exactly(codes):
    latent = Latent.parse(",".join(f"{name}={kind.spelling}" for name, kind in codes.items()))
    assert latent.names == tuple(codes)
    assert [(c.spelling, c.entropy) for c in latent.codes] == [
        (c.spelling, c.entropy) for c in codes.values()
    ]
    assert Latent.parse(str(latent)) == latent


@pytest.mark.parametrize(
    "spelling",
    [
        "", ",", "cat:10,", "cat", "cat:", "cat:1", "cat:0", "cat:-3", "cat:2.5", "cat:x",
        "cat:inf", "cat:nan", "cat:3:4", "cat:3:sigma=1", "unix", "gauss", "uni:1", "uni:1:1",
        "uni:2:1", "uni:0:inf", "uni:nan:1", "uni:a:b", "uni:sigma=0", "uni:sigma=-1",
        "uni:sigma=x", "uni:sigma=", "norm:1", "norm:sigma=nan", "norm:sigma=1:sigma=2", "bern:0",
        "bern:1", "bern:nan", "bern:0.1:0.2", "bern:sigma=1", "9=cat:3", "a b=cat:3", "=cat:3",
        "a=", "a=cat:3,a=uni", "uni,c1=uni", "0*cat:3", "1001*cat:3", "a=cat:3;b=uni", "Cat:3",
    ],
)  # fmt: skip
def test_bad_spellings_give_one_line(spelling):
    with pytest.raises(ValueError, match=r".{10,}") as caught:
        Latent.parse(spelling)
    assert "\n" not in str(caught.value)


def complaint(spelling):
    """What is said against a spelling; nothing where it can be read."""
    try:
        Latent.parse(spelling)
    except ValueError as error:
        return str(error)
    return ""


@settings(deadline=None)
@given(st.text() | st.text(alphabet="catunirmbe:=,.*0123456789-sgx "))
def test_any_text_is_read_or_refused_in_one_line(text):
    assert "\n" not in complaint(text)


@pytest.mark.parametrize("options", [{"noise": -1}, {"noise_prior": "cauchy"}])
def test_bad_noise_is_refused(options):
    with pytest.raises((ValueError, TypeError)):
        Latent((Categorical(),), **options)


def test_no_codes_are_refused():
    with pytest.raises(ValueError, match="at least one is needed"):
        Latent(())


# What codes are worth


@pytest.mark.parametrize(
    ("spelling", "nats"),
    [
        ("cat:10", 2.302585),  # log 10
        ("uni", 0.693147),  # log 2: the length of [-1, 1]
        ("uni:0:0.5", -0.693147),
        ("norm", 1.418939),  # ½ log 2πe
        ("bern", 0.693147),
        ("bern:0.1", 0.325083),  # −0.1 log 0.1 − 0.9 log 0.9
    ],
)
def test_entropy_in_nats(spelling, nats):
    assert Latent.parse(spelling).codes[0].entropy == pytest.approx(nats, abs=1e-6)


def test_log_likelihood_is_that_of_scipy():
    from scipy import special, stats

    rng = np.random.default_rng(0)
    q = rng.normal(size=(50, 3)).astype(np.float32)
    index, value, switch = rng.integers(0, 3, 50), rng.normal(size=50), rng.integers(0, 2, 50)

    def likelihood(spelling, code, q):
        prior = Latent.parse(spelling).codes[0]
        return prior.log_likelihood(torch.tensor(code).float(), torch.tensor(q)).numpy()

    expected = special.log_softmax(q, axis=1)[np.arange(50), index]
    np.testing.assert_allclose(likelihood("cat:3", np.eye(3)[index], q), expected, atol=1e-5)
    expected = stats.norm.logpdf(value, q[:, 0], np.exp(q[:, 1].clip(-4, 1)))
    for spelling in ("uni", "norm"):
        found = likelihood(spelling, value[:, None], q[:, :2])
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    expected = stats.norm.logpdf(value, q[:, 0], 0.3)
    np.testing.assert_allclose(
        likelihood("uni:sigma=0.3", value[:, None], q[:, :1]), expected, rtol=1e-4
    )
    expected = stats.bernoulli.logpmf(switch, special.expit(q[:, 0]))
    np.testing.assert_allclose(likelihood("bern", switch[:, None], q[:, :1]), expected, atol=1e-5)


def test_a_lucky_guess_earns_no_more_than_sigma_allows():
    code = Latent.parse("uni").codes[0]
    exact = code.log_likelihood(torch.zeros(1, 1), torch.tensor([[0.0, -1000.0]]))
    assert exact.item() == pytest.approx(4 - 0.5 * np.log(2 * np.pi), abs=1e-5)


def test_posterior_and_estimate():
    cat, dial, fixed, switch = Latent.parse("cat:2,uni,norm:sigma=2,bern").codes
    logits = torch.tensor([[0.0, np.log(3)], [5.0, 0.0]])
    np.testing.assert_allclose(cat.posterior(logits)["probs"][0], [0.25, 0.75], rtol=1e-5)
    assert cat.estimate(logits).tolist() == [1, 0]
    q = torch.tensor([[0.5, np.log(0.2)], [-0.5, 9.0]])
    assert dial.posterior(q)["mean"].tolist() == dial.estimate(q).tolist() == [0.5, -0.5]
    np.testing.assert_allclose(dial.posterior(q)["std"], [0.2, np.e], rtol=1e-5)
    assert fixed.posterior(q[:, :1])["std"].tolist() == pytest.approx([2, 2])
    q = torch.tensor([[np.log(3)], [-1.0]])
    np.testing.assert_allclose(switch.posterior(q)["probs"][0], [0.25, 0.75], rtol=1e-5)
    assert switch.estimate(q).tolist() == [1, 0]


def test_a_density_has_no_probabilities():
    with pytest.raises(TypeError, match="tilt=uni is continuous"):
        Uniform("tilt").log_probs(torch.zeros(1, 2))


# Sampling


@pytest.mark.parametrize(
    ("spelling", "mean", "variance", "low", "high"),
    [
        ("uni", 0, 1 / 3, -1, 1),
        ("uni:0:4", 2, 16 / 12, 0, 4),
        ("norm", 0, 1, -7, 7),
        ("bern:0.3", 0.3, 0.21, 0, 1),
    ],
)
def test_samples_follow_the_prior(spelling, mean, variance, low, high):
    latent = Latent.parse(spelling, noise=0)
    x = latent.sample(40_000, torch.Generator().manual_seed(0)).double()
    assert x.shape == (40_000, 1)
    assert x.mean().item() == pytest.approx(mean, abs=5 * (variance / 40_000) ** 0.5)
    assert x.var().item() == pytest.approx(variance, rel=0.05)
    assert low <= x.min()
    assert x.max() <= high


def test_categories_are_one_hot_and_equally_likely():
    x = Latent.parse("cat:5", noise=0).sample(40_000, torch.Generator().manual_seed(0))
    assert set(x.unique().tolist()) == {0, 1}
    assert (x.sum(dim=1) == 1).all()
    np.testing.assert_allclose(x.mean(dim=0), 0.2, atol=0.01)


@pytest.mark.parametrize(("prior", "variance"), [("normal", 1.0), ("uniform", 1 / 3)])
def test_noise_follows_the_codes(prior, variance):
    latent = Latent.parse("cat:2,uni", noise=3, noise_prior=prior)
    noise = latent.sample(20_000, torch.Generator().manual_seed(0))[:, 3:]
    assert noise.shape == (20_000, 3)
    np.testing.assert_allclose(noise.mean(dim=0), 0, atol=0.04)
    np.testing.assert_allclose(noise.var(dim=0), variance, rtol=0.05)
    assert (noise.abs().max() <= 1) == (prior == "uniform")


def test_a_seed_is_a_sample():
    latent = Latent.parse(EVERY_KIND)
    draw = [latent.sample(4, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(draw[0], draw[1])
    assert not torch.equal(draw[0], draw[2])


# Setting and showing


def test_setting_a_code_leaves_the_rest():
    latent = Latent.parse(EVERY_KIND, noise=2)
    z = latent.sample(6, torch.Generator().manual_seed(0))
    wanted = {
        "kind": torch.tensor([0.0, 1, 2, 2, 1, 0]),
        "tilt": torch.linspace(-1, 1, 6),
        "size": torch.linspace(0, 4, 6),
        "bold": torch.linspace(-2, 2, 6),
        "flip": torch.tensor([0.0, 1, 0, 1, 1, 0]),
    }
    for name, values in wanted.items():
        before, kept = latent.code_values(z), z.clone()
        changed = latent.set_code(z, name, values)
        assert torch.equal(z, kept)  # a new tensor is returned
        after = latent.code_values(changed)
        assert torch.equal(after.pop(name), values)
        assert all(torch.equal(after[other], before[other]) for other in after)
        assert torch.equal(changed[:, latent.code_dim :], z[:, latent.code_dim :])
        z = changed
    values = latent.code_values(z)
    assert all(torch.equal(values[name], wanted[name]) for name in wanted)
    assert (z[:, :3].sum(dim=1) == 1).all()


def test_unknown_codes_list_the_known():
    latent = Latent.parse("kind=cat:3,tilt=uni")
    expected = re.escape("unknown code 'slant': this model has kind, tilt")
    with pytest.raises(ValueError, match=expected):
        latent["slant"]
    with pytest.raises(ValueError, match=expected):
        latent.set_code(torch.zeros(1, latent.dim), "slant", torch.zeros(1))
    assert latent["tilt"] == Uniform("tilt")


@pytest.mark.parametrize(
    ("spelling", "values"),
    [
        ("cat:3", [0, 1, 2]),
        ("uni", [-1, -0.5, 0, 0.5, 1]),
        ("uni:0:2", [0, 0.5, 1, 1.5, 2]),
        ("norm", [-2, -1, 0, 1, 2]),
        ("bern", [0, 1]),
    ],
)
def test_traversal_runs_from_end_to_end(spelling, values):
    code = Latent.parse(spelling).codes[0]
    assert code.traversal(5) == pytest.approx(values)
    assert (code.low, code.high) == (values[0], values[-1])
    for value in code.traversal(5):
        code.check(value)


@pytest.mark.parametrize(
    ("spelling", "good", "bad"),
    [
        ("c=cat:3", [0, 2], [-1, 3, 0.5, np.nan, np.inf, -np.inf]),
        ("c=uni", [-2, 0.3, 2], [-2.1, 2.1, np.nan, np.inf]),  # half its width beyond either end
        ("c=uni:0:4", [-2, 6], [-2.1, 6.1]),
        ("c=norm", [-4, 4], [-4.1, 5, np.nan, np.inf]),
        ("c=bern", [0, 1], [0.5, 2, -1, np.nan]),
    ],
)
def test_values_out_of_range_are_named_with_the_range(spelling, good, bad):
    code = Latent.parse(spelling).codes[0]
    for value in good:
        code.check(float(value))
    for value in bad:
        with pytest.raises(ValueError, match=r"^c=[^\n]*takes? [^\n]*\d$"):
            code.check(float(value))
