"""The web page on which one turns the knobs, what serves it, and its copy without a server."""
