"""The web page on which one turns the controls, what serves it, and its copy without a server."""
