"""The tutorial's own loop in Keras on MNIST: its losses, beside which the preset's are read.

    TF/bin/python benchmarks/keras_trace.py --data FOLDER [--updates 1200] [--seed 1]

TF is a Python apart, with TensorFlow (benchmarks/speed.py says how it is made); FOLDER holds
MNIST's IDX files. Once with the losses as Keras computes them since TensorFlow 2, of logits, and
once as it did before, of probabilities clipped at 1e-7. Means over every 40 updates; one thread.
That Python has no infogan: MNIST and the processor's name are read here.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from peers import keras_tutorial

RESULT = Path(__file__).parent / "results" / "keras-trace.json"
MEANS_OVER = 40
HALF = keras_tutorial.BATCH // 2
CLIP = 1e-7


def main() -> None:
    """Train both, and keep their curves."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--updates", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    images = read_images(Path(args.data))
    found: dict[str, Any] = {"keras": keras.__version__, "tensorflow": tf.__version__}
    found |= {"seed": args.seed, "updates": args.updates, "processor": processor()}
    for name, compiled in (("logits", compiled_as_now), ("clipped", compiled_as_before)):
        keras.Model.compile = compiled
        keras.utils.set_random_seed(args.seed)
        keras_tutorial.RNG = np.random.default_rng(args.seed)
        found[name] = means(iterations(images), args.updates)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


compiled_as_now: Callable[..., None] = keras.Model.compile


def compiled_as_before(model: keras.Model, loss: Any, **options: Any) -> None:
    """`compile` with the losses of Keras before TensorFlow 2."""
    earlier = {"binary_crossentropy": binary_before, "categorical_crossentropy": categories_before}
    several = isinstance(loss, list)
    compiled_as_now(model, loss=[earlier[x] for x in loss] if several else earlier[loss], **options)


def binary_before(wanted: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    """Back to logits from clipped probabilities; beyond the clip there is no slope."""
    p = tf.clip_by_value(tf.identity(p), CLIP, 1 - CLIP)
    logits = tf.math.log(p / (1 - p))
    return tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(wanted, p.dtype), logits)


def categories_before(wanted: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    """The cross-entropy of clipped probabilities."""
    p = tf.clip_by_value(tf.identity(p), CLIP, 1 - CLIP)
    return -tf.reduce_sum(tf.cast(wanted, p.dtype) * tf.math.log(p), -1)


def iterations(images: np.ndarray) -> Iterator[list[float]]:
    """The tutorial's losses of one iteration after another: D real, D generated, G, Q."""
    (d, q), g = keras_tutorial.discriminator(), keras_tutorial.generator()
    d.train_on_batch(images[:HALF], np.ones((HALF, 1)))
    gan = keras_tutorial.whole(g, d, q)
    while True:
        told = []
        real = images[keras_tutorial.RNG.integers(0, len(images), HALF)]
        # What train_on_batch gives is a mean since its metrics were last reset.
        told.append(float(np.ravel(d.train_on_batch(real, np.ones((HALF, 1))))[0]))
        d.reset_metrics()
        # As `predict`: with running averages.
        fake = g(keras_tutorial.latent(HALF)[0], training=False).numpy()
        told.append(float(np.ravel(d.train_on_batch(fake, np.zeros((HALF, 1))))[0]))
        d.reset_metrics()
        z, codes = keras_tutorial.latent(keras_tutorial.BATCH)
        losses = gan.train_on_batch(z, [np.ones((keras_tutorial.BATCH, 1)), codes])
        gan.reset_metrics()
        yield [*told, float(losses[1]), float(losses[2])]


def means(losses: Iterator[list[float]], updates: int) -> list[dict[str, float]]:
    """A curve of means."""
    curve: list[dict[str, float]] = []
    for made in range(MEANS_OVER, updates + 1, MEANS_OVER):
        values = np.mean([next(losses) for _ in range(MEANS_OVER)], axis=0).round(4).tolist()
        named = zip(("d_real", "d_fake", "g", "q"), values, strict=True)
        curve.append({"updates": made} | dict(named))
        print(curve[-1], flush=True)
    return curve


def read_images(folder: Path) -> np.ndarray:
    """MNIST's training images from −1 to 1."""
    path = next(folder.glob("train-images*"))
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    pixels = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28, 1)
    return (pixels.astype(np.float32) - 127.5) / 127.5


def processor() -> str:
    """Its name, as Linux tells it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))


if __name__ == "__main__":
    main()
