"""Building a function's or a layer's zip file, the same bytes for the same content.

As `sam build` does for Python: the folder is copied, and the packages of its `requirements.txt` are installed beside
the code; a layer's content goes below `python/`. The archive has fixed times and modes, so its hash changes with the
content alone, and a deployment uploads and updates only what was edited.
https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html

**Left out:** other runtimes, Makefile builds, packages that must be compiled (wheels only, or the installer's error);
packages for another system than this machine's, as containers on macOS would need.
"""

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.installer import uv
from amp_sandbox.stack.template import CodeResource

REQUIREMENTS = "requirements.txt"
BUILDS = paths.ENVIRONMENTS / "builds"
IGNORED = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".DS_Store"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip file can hold


@dataclass(frozen=True)
class Package:
    """A zip file ready for Lambda, and the key it is uploaded under."""

    logical_id: str
    body: bytes
    key: str


def build(code: CodeResource) -> Package:
    """Build the zip file of a function or layer.

    Raises SandboxError when its requirements cannot be installed.
    """
    files = dict(files_of(code.source))
    requirements = code.source / REQUIREMENTS
    if requirements.is_file():
        files = dict(files_of(_installed(requirements, code.logical_id))) | files
    prefix = "python/" if code.is_layer else ""
    body = _kept_zip({prefix + name: path for name, path in files.items()})
    digest = hashlib.sha256(body).hexdigest()
    return Package(code.logical_id, body, f"{code.logical_id}/{digest}.zip")


def zip_folder(folder: Path, prefix: str = "") -> bytes:
    """A folder's files as a zip file, below `prefix` in it; the same bytes for the same content."""
    return _zip({prefix + name: path for name, path in files_of(folder)})


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files below a folder that ship: their names relative to it, and where they are."""
    for root, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in IGNORED and not name.endswith(".egg-info")]
        for file in files:
            path = Path(root, file)
            if file not in IGNORED:
                yield path.relative_to(folder).as_posix(), path


def _kept_zip(files: dict[str, Path]) -> bytes:
    """The archive, kept by what goes into it: compressing the packages of a layer takes seconds."""
    content = hashlib.sha256()
    for name in sorted(files):
        content.update(f"{name}\0{os.access(files[name], os.X_OK)}\0".encode())
        content.update(hashlib.sha256(files[name].read_bytes()).digest())
    kept = BUILDS / f"{content.hexdigest()}.zip"
    if not kept.is_file():
        BUILDS.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=BUILDS, delete=False) as unfinished:
            unfinished.write(_zip(files))
        Path(unfinished.name).replace(kept)
    return kept.read_bytes()


def _zip(files: dict[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on whatever machine it is built, as the mode below is a Unix mode
            executable = os.access(files[name], os.X_OK)
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(entry, files[name].read_bytes())
    return buffer.getvalue()


def _installed(requirements: Path, logical_id: str) -> Path:
    """The folder with the packages installed, kept by the hash of the requirements.

    By the `sandbox` command's own Python: for a sandbox in containers this machine has no other.
    """
    target = BUILDS / hashlib.sha256(requirements.read_bytes()).hexdigest()
    if target.is_dir():
        return target
    BUILDS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILDS) as work:
        built = Path(work, "packages")
        # fmt: off
        uv(
            [
                "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:",
                "--python", paths.SANDBOX_PYTHON, "--target", built, "-r", requirements,
            ],
            f"{logical_id}: its {REQUIREMENTS} could not be installed.",
        )
        # fmt: on
        (built / ".lock").unlink(missing_ok=True)
        try:
            built.rename(target)
        except OSError:  # another deployment built the same in the meantime
            if not target.is_dir():
                raise
    return target
