import os
from pathlib import Path

import pytest

from amp_sandbox import paths
from amp_sandbox.runtime import class_archive, spark


@pytest.fixture
def java_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Java and a Spark, as far as they are looked at."""
    environment = tmp_path / "spark"
    jars = environment / "lib" / "python3.11" / "site-packages" / "pyspark" / "jars"
    jars.mkdir(parents=True)
    (jars / "spark-core_2.12-3.5.6.jar").touch()
    monkeypatch.setattr(paths, "environment_python", lambda _: environment / "bin" / "python")
    connector = tmp_path / "connector.jar"
    connector.write_bytes(b"classes")
    monkeypatch.setattr(spark, "CONNECTOR", connector)
    home = tmp_path / "java"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch()
    return home


def made(java_home: Path) -> Path:
    path = class_archive.archive(java_home)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"archive")
    return path


def test_a_jvm_finds_the_archive_of_its_java_in_its_folder(java_home: Path, tmp_path: Path) -> None:
    path = made(java_home)
    (tmp_path / "tmp").mkdir()
    for _ in range(2):
        class_archive.link(java_home, tmp_path / "tmp")
    assert (tmp_path / "tmp" / "classes.jsa").resolve() == path
    assert "-XX:SharedArchiveFile=tmp/classes.jsa" in spark.java_options("tmp").split()


def test_another_java_or_other_classes_have_another_archive(java_home: Path, tmp_path: Path) -> None:
    before = class_archive.archive(java_home)
    os.utime(java_home / "bin" / "java", ns=(1, 1))
    after = class_archive.archive(java_home)
    spark.CONNECTOR.write_bytes(b"other classes")
    assert len({before, after, class_archive.archive(java_home)}) == 3


def test_without_an_archive_or_a_java_there_is_no_link(java_home: Path, tmp_path: Path) -> None:
    class_archive.link(java_home, tmp_path)
    class_archive.link(tmp_path / "no java", tmp_path)
    assert not os.path.lexists(tmp_path / "classes.jsa")


def test_what_is_made_is_not_made_again(java_home: Path) -> None:
    made(java_home)
    assert not class_archive.build(java_home)
