"""Why a driver failed, from its log: the one line that a reader looks for."""

import os
import re
from pathlib import Path

_TAIL_BYTES = 64_000
_LONGEST = 256
"""https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_JobRun.html"""
_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?::|$)")
_JAVA = re.compile(r'^(?:Exception in thread "[^"]*" |Error: |Caused by: )(.+)')


def cause(stdout: Path, stderr: Path) -> str | None:
    """The last line of the last Python exception, or Java's; None when there is none in the logs' ends.

    Spark writes what a Python driver writes, tracebacks too, to stdout.
    """
    out, err = _tail(stdout), _tail(stderr)
    return _of_python(out) or _of_python(err) or _of_java(err)


def shortened(text: str) -> str:
    """A text that is not too long for StateDetails."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _of_python(lines: list[str]) -> str | None:
    starts = [number for number, line in enumerate(lines) if line == _TRACEBACK]
    if not starts:
        return None
    after = starts[-1] + 1
    for number, line in enumerate(lines[after:], start=after):
        if line.startswith((" ", "\t")) or not line:
            continue
        if not _EXCEPTION.match(line):
            return None
        # Py4J's own line says which call it was; the next one says what went wrong.
        following = lines[number + 1] if number + 1 < len(lines) else ""
        return f"{line} {following}" if "Py4JJavaError" in line and following.startswith(": ") else line
    return None


def _of_java(lines: list[str]) -> str | None:
    found = [match[1] for line in lines if (match := _JAVA.match(line))]
    return found[-1] if found else None
