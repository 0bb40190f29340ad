#!/bin/sh
# environment FOLDER LOCK: makes one Python environment of an image from its lock, without what only tests of the
# packages need.
set -eu
uv venv --quiet --python "$(command -v python3)" "$1"
uv pip install --quiet --python "$1/bin/python" --require-hashes --build-constraints /requirements/build.txt \
  -r "/requirements/$2.txt"
find "$1" -type d \( -path '*/pyarrow/tests' -o -path '*/pyarrow/include' -o -path '*/numpy/*/tests' \) -prune -exec rm -r {} +
