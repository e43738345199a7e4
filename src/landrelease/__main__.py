"""`python -m landrelease`."""

from landrelease.apps.cli import main

main()
