"""Runs a notebook from its first cell to its last and writes it with its outputs: execute.py NOTEBOOK OUTPUT.

Run by the interpreter of the notebooks' own environment. Ends with 1, and the traceback, when a cell fails.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

notebook_path, output_path = map(Path, sys.argv[1:])
notebook = nbformat.read(notebook_path, as_version=4)
nbformat.validate(notebook)
where = {"metadata": {"path": str(notebook_path.parent)}}
try:
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources=where).execute()
except CellExecutionError as error:
    sys.exit(str(error))
finally:
    nbformat.write(notebook, output_path)
