import io
import os
import zipfile
from pathlib import Path

import pytest

from amp_sandbox import installer, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.stack import package
from amp_sandbox.stack.template import CodeResource


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "function"
    (folder / "inner").mkdir(parents=True)
    (folder / "app.py").write_text("import inner.part\n")
    (folder / "inner" / "part.py").write_text("X = 1\n")
    return folder


def built(source: Path, *, is_layer: bool = False) -> package.Package:
    return package.build(CodeResource("Thing", source, is_layer))


def names(body: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(body)).namelist()


def test_the_zip_root_is_the_folder(source: Path) -> None:
    assert names(built(source).body) == ["app.py", "inner/part.py"]


def test_a_layer_goes_below_python(source: Path) -> None:
    assert names(built(source, is_layer=True).body) == ["python/app.py", "python/inner/part.py"]


def test_caches_are_left_out(source: Path) -> None:
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "app.cpython-311.pyc").write_bytes(b"\0")
    assert names(built(source).body) == ["app.py", "inner/part.py"]


def test_the_same_content_is_the_same_package_whatever_its_times(source: Path) -> None:
    first = built(source)
    os.utime(source / "app.py", (1, 1))
    assert built(source) == first


def test_an_edit_is_another_package(source: Path) -> None:
    first = built(source)
    (source / "app.py").write_text("import inner.part  # edited\n")
    second = built(source)
    assert second.key != first.key
    assert second.key.startswith("Thing/")


def test_a_renamed_file_is_another_package(source: Path) -> None:
    first = built(source)
    (source / "app.py").rename(source / "main.py")
    assert built(source).key != first.key


def test_requirements_are_installed_beside_the_code(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "BUILDS", tmp_path / "builds")
    program = tmp_path / "installer"
    # Stands in for `uv pip install --target DIR`: writes one module there, and counts its calls.
    program.write_text(
        "#!/bin/sh\n"
        'while [ "$1" != --target ]; do shift; done\n'
        'mkdir -p "$2" && echo "Y = 2" > "$2/dependency.py" && echo called >> "$0.calls"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(installer, "program", lambda: str(program))
    (source / "requirements.txt").write_text("dependency==1 --hash=sha256:00\n")
    assert names(built(source).body) == ["app.py", "dependency.py", "inner/part.py", "requirements.txt"]
    built(source)
    assert (tmp_path / "installer.calls").read_text() == "called\n"


def test_a_build_needs_no_environment_but_the_commands_own(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is all that a machine has whose sandbox runs in containers."""
    given: list[str] = []

    def uv(arguments: list[object], failed: str) -> None:
        given.extend(str(one) for one in arguments)
        Path(given[given.index("--target") + 1]).mkdir()

    monkeypatch.setattr(package, "BUILDS", tmp_path / "builds")
    monkeypatch.setattr(package, "uv", uv)
    (source / "requirements.txt").write_text("dependency==1\n")
    built(source)
    assert given[given.index("--python") + 1] == str(paths.SANDBOX_PYTHON)
    assert str(paths.ENVIRONMENTS) not in " ".join(given)


def test_requirements_that_cannot_be_installed_are_an_error_with_the_installers_words(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "BUILDS", tmp_path / "builds")
    program = tmp_path / "installer"
    program.write_text("#!/bin/sh\necho 'no such package' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(installer, "program", lambda: str(program))
    (source / "requirements.txt").write_text("dependency==1\n")
    with pytest.raises(SandboxError, match="no such package") as failure:
        built(source)
    assert "Thing" in failure.value.what
