"""One command a file: `HELP`, `add_arguments(parser)` and `run(args)`; torch is imported late."""
