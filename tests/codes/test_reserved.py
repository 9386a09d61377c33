"""Names that no code may have are refused before anything is trained."""

import inspect

import pytest

from infogan.cli import main
from infogan.codes.latent import Latent
from infogan.codes.names import Names
from infogan.codes.reserved import RESERVED
from infogan.errors import UserError
from infogan.estimator import InfoGAN
from infogan.inference.trained_model import Model


@pytest.mark.parametrize("name", RESERVED)
def test_reserved_names_are_refused_in_a_line_with_a_remedy(name):
    with pytest.raises(UserError, match=f"no code can be called '{name}'.*choose another") as said:
        Latent.parse(f"kind=cat:3,{name}=uni")
    assert "\n" not in str(said.value)
    remedy = str(said.value).rpartition("such as ")[2]
    assert Latent.parse(f"kind=cat:3,{remedy}=uni").names == ("kind", remedy)
    with pytest.raises(UserError, match="no code can be called"):
        Names().with_code(Latent.parse("kind=cat:3"), "kind", name)


def test_names_that_only_begin_like_them_are_free():
    assert Latent.parse("n=2*uni,seeds=cat:3").names == ("n1", "n2", "seeds")


@pytest.mark.parametrize("takes_codes", [Model.sample, InfoGAN.sample])
def test_arguments_beside_the_codes_are_reserved(takes_codes):
    assert set(inspect.signature(takes_codes).parameters) <= set(RESERVED)


def test_training_refuses_them_before_it_begins(tiny_data, tmp_path, capsys):
    out = tmp_path / "run"
    options = [f"--data={tiny_data}", f"--out={out}", "--model.codes=seed=cat:3,tilt=uni"]
    assert main(["train", *options]) != 0
    assert "no code can be called 'seed'" in capsys.readouterr().err
    assert not out.exists()
