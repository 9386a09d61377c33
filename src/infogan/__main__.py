"""`python -m infogan`: the command, for torchrun and wherever no script is installed."""

import sys

from infogan.cli import main

if __name__ == "__main__":
    sys.exit(main())
