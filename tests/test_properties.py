"""What holds of any text, any plain data and any bytes: a result, or one line."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from infogan.codes.latent import Latent
from infogan.codes.names import Names, check_name, load_names, save_names
from infogan.errors import UserError
from infogan.files import no_formula, read_json, read_yaml
from infogan.storage.run_folder import RunFolder, plain
from infogan.training.config import TrainConfig
from infogan.training.config_file import from_dict
from infogan.training.loss_config import LossConfig

quick = settings(max_examples=60, deadline=None)
finite = st.floats(-1e6, 1e6, allow_nan=False)
plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def result_or_line(work):
    """The result, or None for a UserError of one line; anything else is let through."""
    try:
        return work()
    except UserError as error:
        said = str(error)
    assert "\n" not in said
    return None


@st.composite
def kinds(draw):
    """One code's spelling without its name."""
    low = draw(finite)
    options = [
        f"cat:{draw(st.integers(2, 50))}",
        f"cat:{draw(st.integers(2, 50))}:prior=learned",
        "uni",
        f"uni:{low!r}:{low + draw(st.floats(0.5, 100))!r}",
        f"norm:sigma={draw(st.floats(0.01, 10))!r}",
        f"bern:{draw(st.floats(0.01, 0.99))!r}",
    ]
    return draw(st.sampled_from(options))


@quick
@given(st.lists(kinds(), min_size=1, max_size=6))
def test_codes_that_are_written_out_are_read_the_same(spellings):
    codes = ",".join(f"code{i}={kind}" for i, kind in enumerate(spellings))
    latent = Latent.parse(codes)
    assert Latent.parse(str(latent)) == latent
    assert latent.dim == latent.code_dim + 62


@quick
@given(st.text(alphabet=st.sampled_from("catuninormbern0123456789:=*,.-_ eE+∞é\n'"), max_size=30))
def test_any_text_is_codes_or_one_line(text):
    result_or_line(lambda: Latent.parse(text))


@quick
@given(st.text(max_size=60))
def test_any_text_is_a_name_or_one_line_and_a_name_stays_one(text):
    name = result_or_line(lambda: check_name(text))
    if name is not None:
        assert check_name(name) == name
        assert "/" not in name
        assert no_formula(name) == name


@quick
@given(st.floats(0.01, 1e6), st.integers(0, 2**32 - 1), st.floats(0, 100), st.integers(2, 500))
def test_a_config_comes_back_from_yaml(kimg, seed, consistency, batch):
    loss = LossConfig(consistency=consistency)
    config = TrainConfig(kimg=kimg, seed=seed, loss=loss, batch_size=batch)
    with TemporaryDirectory() as folder:
        run = RunFolder(Path(folder))
        run.write_config(config)
        assert run.read_config() == config


@quick
@given(st.data())
def test_a_config_with_any_value_anywhere_is_a_config_or_one_line(data):
    content = plain(TrainConfig())
    section = data.draw(st.sampled_from(["", "model", "loss", "optim", "augmentation"]))
    fields = content[section] if section else content
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(plain_data)
    result_or_line(lambda: from_dict(content, "config.yaml"))


@quick
@given(st.binary(max_size=200) | plain_data.map(lambda each: json.dumps(each).encode()))
def test_any_bytes_are_data_or_one_line(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "names.json"
        path.write_bytes(content)
        result_or_line(lambda: read_json(path, "names"))
        result_or_line(lambda: read_yaml(path, "a config"))
        result_or_line(lambda: load_names(Path(folder)))
        (Path(folder) / "log.jsonl").write_bytes(content + b"\n")
        result_or_line(lambda: RunFolder(Path(folder)).read_log())


@quick
@given(st.dictionaries(st.integers(0, 9), st.text("abcdé 12", min_size=1).filter(str.strip)))
def test_names_come_back(values):
    names = Names(values={"kind": values})
    with TemporaryDirectory() as folder:
        save_names(Path(folder), names)
        assert load_names(Path(folder)) == names


def test_a_few_lines_of_yaml_cannot_mean_gigabytes(tmp_path):
    bomb = tmp_path / "config.yaml"
    rows = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    bomb.write_text("\n".join(["a0: &a0 [x, x]", *rows]))
    with pytest.raises(UserError, match=r"config\.yaml: not YAML"):
        read_yaml(bomb, "a config")
    bomb.write_text(yaml.safe_dump({"a": "x" * 2**20}))
    with pytest.raises(UserError, match="too long for a config"):
        read_yaml(bomb, "a config")


@given(st.text(max_size=30))
def test_an_error_is_one_printable_line_whatever_it_quotes(text):
    said = str(UserError(f"{text}: no such file"))
    assert said.isprintable()
    assert said.endswith(": no such file") or not text.strip()


def test_a_terminals_commands_are_shown_and_not_obeyed():
    assert str(UserError("a\x1b[2J\u202eb\n\udcff.png")) == r"a\x1b[2J\u202eb \udcff.png"
