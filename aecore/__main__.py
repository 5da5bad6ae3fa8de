import sys

from aecore.cli import main


def run() -> int:
    """The exit code of the command that this program was started with."""
    # A terminal that cannot show a letter of some title gets a question mark, not a traceback.
    sys.stdout.reconfigure(errors="replace")
    sys.stderr.reconfigure(errors="replace")
    return main()


if __name__ == "__main__":
    sys.exit(run())
