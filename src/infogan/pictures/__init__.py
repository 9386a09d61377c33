"""Pictures: of images, of what codes do, of networks and of curves."""
