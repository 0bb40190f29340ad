"""The committed jar is what its sources give."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.hadoop import JAR, ROOT

BUILD = ROOT / "spark/s3_connector/build.py"


def javac_version() -> int | None:
    if shutil.which("javac") is None:
        return None
    said = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True)
    return int(re.search(r"javac (\d+)", said.stdout + said.stderr).group(1))  # type: ignore[union-attr]


@pytest.mark.skipif(javac_version() != 17, reason="needs the compiler of a JDK 17: others write other bytes")
def test_jar_is_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    built = tmp_path / "built.jar"
    subprocess.run([sys.executable, str(BUILD), "--output", str(built)], check=True)
    assert built.read_bytes() == JAR.read_bytes(), "run `make s3-connector` and commit the jar with its sources"


def test_jar_has_a_class_of_every_source() -> None:
    names = set(zipfile.ZipFile(JAR).namelist())
    sources = {path.stem for path in (ROOT / "spark/s3_connector/src/amp/s3").glob("*.java")}
    assert {f"amp/s3/{name}.class" for name in sources} <= names
