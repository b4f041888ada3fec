"""The `leadscore` command: `python -m leadscore score leads.csv`."""

from __future__ import annotations

import signal
import sys

from leadscore import _native


def main() -> int:
    """Runs the command; the exit status."""
    # The command runs outside Python, so that Ctrl-C has to end it the way it ends any program.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout.flush()
    return _native.run_command(["leadscore", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
