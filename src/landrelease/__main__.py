"""`python -m landrelease`."""

import sys

try:
    from landrelease.apps.cli import main
except KeyboardInterrupt:
    print("Interrupted before anything was begun.", file=sys.stderr)
    sys.exit(130)

main()
