"""Metrics: pure functions of arrays, one a file; each names its protocol."""
