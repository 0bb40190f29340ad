"""Fails when it runs for the first time in a folder."""

import sys
from pathlib import Path

seen = Path(sys.argv[1]) / "seen"
if not seen.exists():
    seen.touch()
    raise RuntimeError("the first time")
print("the second time")
