"""What each code does, in words and small pictures, kept beside a run's model for its report."""

import base64
import io

import numpy as np
from PIL import Image

from infogan.evaluation.code_descriptions import CodeDescription
from infogan.evaluation.descriptions import (
    PROTOCOL,
    describe_codes,
    in_words,
    typical_images,
)
from infogan.files import write_json
from infogan.inference.trained_model import Model
from infogan.storage.run_folder import RunFolder

SHOWN = 64
"""Codes with categories, and categories of each, of which there are small pictures."""


def keep_words(run: RunFolder, model: Model) -> dict[str, CodeDescription]:
    """Find out what each code of a run's model does, and write it down; some seconds of work."""
    found = describe_codes(model)
    shown = [code.name for code in model.latent.discrete if code.n_categories <= SHOWN][:SHOWN]
    content = {
        "words": {name: in_words("", said, width=10_000).strip() for name, said in found.items()},
        "categories": {name: list(found[name].categories) for name in shown},
        "pictures": {name: [_png(each) for each in typical_images(model, name)] for name in shown},
        "protocol": PROTOCOL,
    }
    write_json(run.words_file, content)
    return found


def _png(image: np.ndarray) -> str:
    """An image (c, h, w) as PNG in base64."""
    buffer = io.BytesIO()
    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()
