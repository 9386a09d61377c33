"""The Keras tutorial's own loop (Brownlee 2019, with the correction of 2021), for its speed.

    python -m peers.keras_tutorial   needs TensorFlow; benchmarks/speed.py starts it

Networks, batches, losses and optimisers are the tutorial's: D and Q share all but their last
layers; D learns from 32 real and 32 generated images in two steps, then G and Q from 64 together.
What Keras has renamed since is spelled as today. `train_on_batch` is called on D once before D is
frozen: later versions of Keras would otherwise freeze it for its own steps as well.
"""

import numpy as np
from keras import Input, Model
from keras.initializers import RandomNormal
from keras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    LeakyReLU,
    Reshape,
)
from keras.optimizers import Adam
from keras.utils import to_categorical

from peers.turns import Work, serve

CATEGORIES, NOISE, BATCH = 10, 62, 64
RNG = np.random.default_rng(0)


def discriminator() -> tuple[Model, Model]:
    """D and Q."""
    init = RandomNormal(stddev=0.02)
    image = Input(shape=(28, 28, 1))
    d = Conv2D(64, 4, strides=2, padding="same", kernel_initializer=init)(image)
    d = LeakyReLU(0.1)(d)
    d = Conv2D(128, 4, strides=2, padding="same", kernel_initializer=init)(d)
    d = LeakyReLU(0.1)(d)
    d = BatchNormalization()(d)
    d = Conv2D(256, 4, padding="same", kernel_initializer=init)(d)
    d = LeakyReLU(0.1)(d)
    d = BatchNormalization()(d)
    d = Flatten()(d)
    d_model = Model(image, Dense(1, activation="sigmoid")(d))
    d_model.compile(loss="binary_crossentropy", optimizer=Adam(2e-4, beta_1=0.5))
    q = Dense(128)(d)
    q = BatchNormalization()(q)
    q = LeakyReLU(0.1)(q)
    return d_model, Model(image, Dense(CATEGORIES, activation="softmax")(q))


def generator() -> Model:
    """G."""
    init = RandomNormal(stddev=0.02)
    latent = Input(shape=(NOISE + CATEGORIES,))
    g = Dense(512 * 7 * 7, kernel_initializer=init)(latent)
    g = Activation("relu")(g)
    g = BatchNormalization()(g)
    g = Reshape((7, 7, 512))(g)
    g = Conv2D(128, 4, padding="same", kernel_initializer=init)(g)
    g = Activation("relu")(g)
    g = BatchNormalization()(g)
    g = Conv2DTranspose(64, 4, strides=2, padding="same", kernel_initializer=init)(g)
    g = Activation("relu")(g)
    g = BatchNormalization()(g)
    g = Conv2DTranspose(1, 4, strides=2, padding="same", kernel_initializer=init)(g)
    return Model(latent, Activation("tanh")(g))


def whole(g_model: Model, d_model: Model, q_model: Model) -> Model:
    """G judged by D and Q, D's own weights held still, but for its batch normalisation's."""
    for layer in d_model.layers:
        if not isinstance(layer, BatchNormalization):
            layer.trainable = False
    made = g_model.output
    model = Model(g_model.input, [d_model(made), q_model(made)])
    losses = ["binary_crossentropy", "categorical_crossentropy"]
    model.compile(loss=losses, optimizer=Adam(2e-4, beta_1=0.5))
    return model


def latent(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise and categories, and the categories alone."""
    codes = to_categorical(RNG.integers(0, CATEGORIES, n), num_classes=CATEGORIES)
    return np.hstack((RNG.standard_normal((n, NOISE)), codes)), codes


def training() -> Work:
    """One iteration of the tutorial's loop, on as many images as MNIST has."""
    images = RNG.uniform(-1, 1, (60_000, 28, 28, 1)).astype("float32")
    (d_model, q_model), g_model, half = discriminator(), generator(), BATCH // 2
    d_model.train_on_batch(images[:half], np.ones((half, 1)))
    gan_model = whole(g_model, d_model, q_model)

    def iteration() -> None:
        real = images[RNG.integers(0, len(images), half)]
        d_model.train_on_batch(real, np.ones((half, 1)))
        fake = g_model.predict(latent(half)[0], verbose=0)
        d_model.train_on_batch(fake, np.zeros((half, 1)))
        z, codes = latent(BATCH)
        gan_model.train_on_batch(z, [np.ones((BATCH, 1)), codes])

    return iteration


def make(work: str) -> Work:
    """`train tutorial`, or `generate N`."""
    kind, _, what = work.partition(" ")
    if kind == "train":
        return training()
    model, (z, _) = generator(), latent(int(what))
    return lambda: model.predict(z, verbose=0)


if __name__ == "__main__":
    serve(make)
