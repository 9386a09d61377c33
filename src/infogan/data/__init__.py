"""Images to learn from, one source a file: `open_images` takes what the user typed."""

from infogan.data.open import NAMES, open_images, open_labels
from infogan.data.source import ArraySource, FactorSource, Source

__all__ = ["NAMES", "ArraySource", "FactorSource", "Source", "open_images", "open_labels"]
