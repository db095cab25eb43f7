"""``python -m claims``: the same as the command ``claims``."""

from claims.cli import main

if __name__ == "__main__":
    main()
