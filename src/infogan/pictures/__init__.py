"""Pictures: of images, of what codes do, of networks and of curves."""

from infogan.pictures.figures import save_grid, save_picture

__all__ = ["save_grid", "save_picture"]
