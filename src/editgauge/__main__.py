"""`python -m editgauge`."""

from editgauge.core.cli.main import main

if __name__ == "__main__":
    main()
