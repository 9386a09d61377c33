"""InfoGAN as scikit-learn has it: fit, predict, transform, sample, score."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from tqdm import tqdm

from infogan.audience import is_watched
from infogan.codes.latent import Latent
from infogan.codes.names import Names
from infogan.data.array_layout import ArrangedSource, ArrayLayout
from infogan.data.open import open_images
from infogan.data.preprocessing import Preprocessing, arranged
from infogan.data.rules import ImageRules
from infogan.data.source import Source
from infogan.errors import UserError
from infogan.evaluation.stability import stability
from infogan.export.hub import HubMixin
from infogan.inference.display import Displayed
from infogan.inference.trained_model import Images, Model, Values
from infogan.networks.build import AUTO
from infogan.runs.conclusion import judge
from infogan.runs.opening_rules import opening_findings, warned_of
from infogan.runs.planning import plan
from infogan.runs.run_log import flat, tell_regrouped
from infogan.storage.averaged_model import averaged_model, start_from
from infogan.storage.in_memory import PackedPickle
from infogan.training.config import TrainConfig
from infogan.training.loop import fit
from infogan.training.presets import preset as preset_config
from infogan.training.state import State
from infogan.transforms.ranges import Augmentation

# Every batch is filled up to this size: an image's codes never depend on the images beside it.
BATCH = 64
NO_CATEGORY = "no code has categories, so there is none to predict; use transform"


class InfoGAN(Displayed, HubMixin, PackedPickle, TransformerMixin, ClusterMixin, BaseEstimator):
    """Finds the controls of a set of images without labels: categories and dials.

    X is an array (n, h, w), (n, h, w, c) or (n, c, h, w) of bytes or numbers; flat vectors (n, d);
    or what `infogan train --data` takes (a name or a path, of which the training part is meant).
    Whatever is given in `fit` as an array, images come back in the same layout and range.
    Parameters left at None are the preset's.

    Args:
        codes: the controls to find, such as "digit=cat:10,slant=uni", or "auto".
        noise: width of the incompressible noise.
        preset: the name of a preset, or a whole `TrainConfig`.
        image_shape: (h, w) or (h, w, c) of flat vectors; not needed where they are square.
        size: side to which images are cropped and resized.
        data_range: the numbers that are black and white; taken from X when not given.
        kimg: length of training, in thousands of images.
        batch_size: images an update.
        family: conv, or mlp for small images.
        width: channels of the first convolution.
        hidden: width of the fully connected layers.
        mi_continuous: λ of the dials, for G.
        consistency: weight of the consistency term on real images; 0 is the paper's InfoGAN.
        equivariance: weight of dials meaning the same in every category (for shapes: 0.6).
        device: auto, cpu, cuda, mps.
        random_state: an int gives the weights that `infogan train --seed` gives; on the CPU the
            same each time with as many of PyTorch's threads, in whatever thread of Python.
        verbose: whether to show progress on stderr; by default at a terminal and in a notebook.

    Attributes:
        model_: the trained `Model`.
        images_: how samples lie in arrays and are read.
        labels_: the category of every image seen in `fit` or the last `partial_fit`.
        verdict_: what came of `fit`, in a sentence; only after `fit`.
        history_: losses and the bound of every code in nats, tick by tick.
        n_features_in_: width of flat vectors.
    """

    model_: Model
    images_: Preprocessing
    labels_: np.ndarray
    history_: list[dict[str, float]]
    verdict_: str
    state_: State

    def __init__(
        self,
        codes: str | None = None,
        noise: int | None = None,
        *,
        preset: str | TrainConfig = "fast",
        image_shape: tuple[int, ...] | None = None,
        size: int | None = None,
        data_range: tuple[float, float] | None = None,
        kimg: float | None = None,
        batch_size: int | None = None,
        family: str | None = None,
        width: int | None = None,
        hidden: int | None = None,
        mi_continuous: float | None = None,
        consistency: float | None = None,
        equivariance: float | None = None,
        device: str | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | None = None,
    ) -> None:
        self.codes = codes
        self.noise = noise
        self.preset = preset
        self.image_shape = image_shape
        self.size = size
        self.data_range = data_range
        self.kimg = kimg
        self.batch_size = batch_size
        self.family = family
        self.width = width
        self.hidden = hidden
        self.mi_continuous = mi_continuous
        self.consistency = consistency
        self.equivariance = equivariance
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def from_model(cls, model: Model) -> "InfoGAN":
        """A fitted estimator around a trained model; takes arrays like those it was fitted on."""
        self = cls(preset=TrainConfig(model=model.config))
        self.model_, self.images_, self.history_ = model, model.config.preprocessing, []
        return self

    def fit(self, X: Any, y: object = None) -> "InfoGAN":
        """Train from the start on images X; labels y are never looked at.

        Warns where images are too few or equal, and (`ConvergenceWarning`) in words of `verdict_`.
        """
        source = self._learn(X)
        self.state_ = State.create(self._planned(source))
        lines = self._train(source)
        found = judge(self.model_, source, self.state_.config, lines, self.layout_.pictures)
        self.verdict_ = found.summary
        if not found.good:
            warnings.warn(found.summary, ConvergenceWarning, stacklevel=2)
        return self

    def fit_predict(self, X: Any, y: object = None, **params: Any) -> Int[np.ndarray, " n"]:
        """Fit, and give the category of each image; UserError, before, where codes have none."""
        codes = self.codes or self._preset().model.codes
        if codes != AUTO and Latent.parse(codes).leading is None:
            raise UserError(NO_CATEGORY)
        return np.asarray(super().fit_predict(X, y, **params))

    def partial_fit(self, X: Any, y: object = None) -> "InfoGAN":
        """Go on training for as many images as X has, at a constant learning rate."""
        source = self._source(X) if hasattr(self, "model_") else self._learn(X)
        if not hasattr(self, "state_"):
            self.state_ = State.create(self._planned(source, len(source) / 1000))
            if hasattr(self, "model_"):
                start_from(self.state_, self.model_)
        state = self.state_
        kimg = (state.images_seen + len(source)) / 1000
        optim = replace(state.config.optim, decay=0.0)
        state.config = replace(state.config, kimg=kimg, optim=optim, early_stop=False)
        self._train(source)
        return self

    def _learn(self, X: Any) -> Source:
        """Take the layout of the first images, and forget all that was learned before."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)
        self.history_ = []
        if isinstance(X, str | Path):
            given = ImageRules(self.data_range, self.data_range is not None)
            X = open_images(X, size=self.size, rules=given)
        X = X if isinstance(X, Source) else self._array(X, reset=True)
        how = {name: getattr(self, name) for name in ("image_shape", "size", "data_range")}
        source, self.images_ = arranged(X, **how)
        return source

    def _train(self, source: Source) -> list[dict[str, Any]]:
        """Train to the end of the config; returns what a run's log would hold."""
        state, lines = self.state_, []
        total, quiet = round(state.config.kimg * 1000), not is_watched(self.verbose)
        with tqdm(total=total, initial=state.images_seen, unit="img", disable=quiet) as bar:
            for tick in fit(state, source):
                bar.update(state.images_seen - bar.n)
                self.history_.append({"kimg": tick.kimg, **tick.terms})
                lines.append(flat(tick))
                tell_regrouped(bar, tick)
        names = self.model_.names if hasattr(self, "model_") else Names()
        self.model_ = replace(averaged_model(state), names=names)
        if self.model_.latent.leading:
            self.labels_ = self.predict(source)
        return lines

    def _planned(self, source: Source, kimg: float | None = None) -> TrainConfig:
        config = self._config() if kimg is None else replace(self._config(), kimg=kimg)
        config = plan(config, source, progress=is_watched(self.verbose)).config
        if hasattr(self, "model_"):  # its categories have their meaning, and perhaps names
            config = replace(config, optim=replace(config.optim, regroup_from=0.0))
        warned_of(opening_findings(source, config.batch_size))
        return config

    def _config(self) -> TrainConfig:
        """The preset with what was given to the constructor, for images of this layout."""
        base = self._preset()
        if base.labels:
            raise UserError("preset: its labels are for infogan.train; fit learns without any")

        def given(*names: str) -> dict[str, Any]:
            return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

        model = given("codes", "noise", "family", "width", "hidden")
        run = given("kimg", "batch_size", "device")
        if not self.layout_.pictures and AUTO in (self.codes, base.model.codes):
            raise UserError("codes: auto asks what moves in pictures, which these rows are not")
        if not self.layout_.pictures:
            # Pixels of what is no picture have no neighbours, and nothing in it can be turned.
            model = {"family": "mlp"} | model
            run["augmentation"] = Augmentation(rotation=0.0, shear=0.0, scale=0.0, shift=0.0)
        model |= {"image_shape": self.layout_.image_shape, "images": self.images_.as_dict()}
        return replace(
            base,
            model=replace(base.model, **model),
            loss=replace(base.loss, **given("mi_continuous", "consistency", "equivariance")),
            seed=self._seed(),
            **run,
        )

    def _preset(self) -> TrainConfig:
        return self.preset if isinstance(self.preset, TrainConfig) else preset_config(self.preset)

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31))

    def predict(self, X: Any) -> Int[np.ndarray, " n"]:
        """The category of each image, by the first code that has categories."""
        name = self._category()
        return np.concatenate([part[name]["value"] for part in self._encode(X)]).astype(np.int64)

    def predict_proba(self, X: Any) -> Float[np.ndarray, "n k"]:
        """The probability of each category of that code, for each image."""
        name = self._category()
        probs = np.concatenate([part[name]["probs"] for part in self._encode(X)]).astype(float)
        return np.asarray(probs / probs.sum(axis=1, keepdims=True))

    def transform(self, X: Any) -> Float[np.ndarray, "n columns"]:
        """What Q reads: the probability of every category, the mean of every dial."""
        rows = []
        for part in self._encode(X):
            columns = [
                part[code.name]["mean"][:, None]
                if code.continuous
                else part[code.name]["probs"][:, -code.dim :]
                for code in self.model_.latent.codes
            ]
            rows.append(np.concatenate(columns, axis=1))
        return np.concatenate(rows).astype(float)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """The names of `transform`'s columns, such as digit_0, digit_1, slant."""
        check_is_fitted(self, "model_")
        names: list[str] = []
        for code in self.model_.latent.codes:
            labels = [self.model_.names.label(code.name, value) for value in range(code.dim)]
            names += [code.name] if code.dim == 1 else [f"{code.name}_{each}" for each in labels]
        return np.asarray(names, dtype=object)

    def score(self, X: Any, y: object = None) -> float:
        """How well the categories of images X hold when the images change a little, from 0 to 1.

        See `evaluation.stability`; images change as in training. Comparable between numbers of
        categories, on the same X. No label is read. Raises UserError where there are dials alone.
        """
        self._category()
        config = self.state_.config if hasattr(self, "state_") else self._config()
        return stability(self.model_, self._batches(X), config.augmentation)

    def sample(self, n: int = 1, *, seed: int | None = None, **codes: Values) -> np.ndarray:
        """Draw n samples, with codes held as given: `sample(5, digit=3, slant=0.5)`."""
        check_is_fitted(self, "model_")
        images, _ = self.model_.sample(n, seed=self._seed() if seed is None else seed, **codes)
        return self.layout_.from_images(images)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Samples of given codes, in `transform`'s columns; see `Latent.from_columns`."""
        names, codes = self.get_feature_names_out(), check_array(X, dtype=np.float32)
        if (n := codes.shape[1]) != (k := len(names)):
            raise UserError(f"codes have {n} columns, but this model has {k}: {', '.join(names)}")
        z = self.model_.latent.from_columns(torch.from_numpy(codes))
        return self.layout_.from_images(self.model_.generate(z))

    @property
    def layout_(self) -> ArrayLayout:
        """How samples lie in arrays; those of a model trained on files are bytes (n, h, w[, 3])."""
        return self.images_.layout or ArrayLayout.of_images(self.model_.config.shape)

    def _category(self) -> str:
        check_is_fitted(self, "model_")
        leading = self.model_.latent.leading
        if leading is None:
            raise UserError(NO_CATEGORY)
        return leading.name

    def _array(self, X: Any, *, reset: bool) -> np.ndarray:
        # Nested lists do not say how many dimensions they have.
        if (X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim) > 2:
            return np.asarray(check_array(X, allow_nd=True, ensure_2d=False))
        return np.asarray(validate_data(self, X, reset=reset))

    def _source(self, X: Any) -> Source:
        """X as images of the shape that was fitted."""
        check_is_fitted(self, "model_")
        channels, size, _ = self.layout_.image_shape
        if isinstance(X, str | Path):
            X = open_images(X, size=size, channels=channels, rules=self.images_.rules)
        if isinstance(X, Source):
            if X.shape != (own := self.layout_.image_shape):
                raise UserError(f"{X.name}: images are {X.shape}, this model takes {own}")
            return X
        return ArrangedSource(self._array(X, reset=False), self.layout_)

    def _batches(self, X: Any) -> Iterator[Images]:
        """The images of X, part by part, in the same memory whatever their number."""
        source = self._source(X)
        for start in range(0, len(source), BATCH):
            yield source.batch(np.arange(start, min(start + BATCH, len(source))))

    def _encode(self, X: Any) -> Iterator[dict[str, dict[str, np.ndarray]]]:
        for images in self._batches(X):
            missing = BATCH - len(images)
            encoded = self.model_.encode(np.pad(images, ((0, missing), *[(0, 0)] * 3)))
            yield {
                name: {key: values[: len(images)] for key, values in fields.items()}
                for name, fields in encoded.items()
            }

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
