import sys

from aecore.cli import main

if __name__ == "__main__":
    # A terminal that cannot show a letter of some title gets a question mark, not a traceback.
    sys.stdout.reconfigure(errors="replace")
    sys.stderr.reconfigure(errors="replace")
    sys.exit(main())
