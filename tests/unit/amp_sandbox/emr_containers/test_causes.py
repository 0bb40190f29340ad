from pathlib import Path

import pytest

from amp_sandbox.emr_containers.causes import cause, shortened

CHAINED = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
CALL = "py4j.protocol.Py4JJavaError: An error occurred while calling o1.json."
TRACEBACK = 'Traceback (most recent call last):\n  File "job.py", line 1, in <module>\n    f()\n'


@pytest.mark.parametrize(
    ("stdout", "stderr", "expected"),
    [
        (f"{TRACEBACK}ValueError: no day\n", "", "ValueError: no day"),
        (f"rows: 3\n{TRACEBACK}KeyboardInterrupt\nmore output\n", "", "KeyboardInterrupt"),
        ("", f"{TRACEBACK}pkg.mod.Error: of stderr\n", "pkg.mod.Error: of stderr"),
        (f"{TRACEBACK}KeyError: 'a'{CHAINED}{TRACEBACK}RuntimeError: b\n", "", "RuntimeError: b"),
        (
            f"{TRACEBACK}{CALL}\n: java.io.IOException: no bucket\n\tat x\n",
            "",
            f"{CALL} : java.io.IOException: no bucket",
        ),
        (
            "",
            'Exception in thread "main" java.lang.OutOfMemoryError: heap\n\tat x\n',
            "java.lang.OutOfMemoryError: heap",
        ),
        ("", "Error: Failed to load class org.Main.\n", "Failed to load class org.Main."),
        ("all is well\n", "26/11/26 INFO x\n", None),
    ],
)
def test_the_line_that_says_why(tmp_path: Path, stdout: str, stderr: str, expected: str | None) -> None:
    out, err = tmp_path / "stdout", tmp_path / "stderr"
    out.write_text(stdout)
    err.write_text(stderr)
    assert cause(out, err) == expected


def test_only_the_end_of_a_large_log_is_read(tmp_path: Path) -> None:
    out = tmp_path / "stdout"
    out.write_text("x" * 1_000_000 + f"\n{TRACEBACK}ValueError: at the end\n")
    assert cause(out, tmp_path / "none") == "ValueError: at the end"


def test_details_are_one_line_of_at_most_256_characters() -> None:
    assert shortened("a\n  b") == "a b"
    assert len(shortened("x" * 300)) == 256
