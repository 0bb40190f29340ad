"""Puts what a sandbox needs besides its Python packages into the wheel, below `amp_sandbox/_bundle`.

The checkout has these files where `amp_sandbox.paths` says; the wheel has them in the same places below that folder. An
editable install needs none of this, as it uses the checkout's own. Everything else of the build is in pyproject.toml.
https://setuptools.pypa.io/en/latest/userguide/extension.html#customizing-commands

**Left out:** tests, documentation, benchmarks, notebooks, and the tools of development.
"""

import hashlib
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
BUNDLED = (
    "airflow",
    "platform/localstack_extension",
    "platform/parameters",
    "platform/requirements",
    "platform/template.yaml",
    "services",
    "spark",
)
_LEFT_OUT = shutil.ignore_patterns(
    *("__pycache__", "*.egg-info", ".*", "build"),
    *("*.in", "compile.sh", "dev.txt", "*_dev.txt", "clients.txt", "notebooks.txt", "uv.txt"),
)
# What the environments of the services are made of: another release of it has environments of its own.
ENVIRONMENTS = ("platform/localstack_extension", "platform/requirements")


class BuildWithBundle(build_py):
    """Builds the packages, and the bundle beside them."""

    def run(self) -> None:
        """Build. Nothing of an earlier build stays in the bundle."""
        super().run()
        if self.editable_mode:
            return
        bundle = Path(self.build_lib, "amp_sandbox", "_bundle")
        shutil.rmtree(bundle, ignore_errors=True)
        for name in BUNDLED:
            _copy(HERE / name, bundle / name)
        (bundle / "release").write_text(f"{self.distribution.get_version()}-{_digest(bundle)}\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=_left_out)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _left_out(folder: str, names: list[str]) -> set[str]:
    # What Airflow is not to parse is as much part of the DAGs as what it is to.
    return _LEFT_OUT(folder, names) - {".airflowignore"}


def _digest(bundle: Path) -> str:
    found = hashlib.sha256()
    for name in ENVIRONMENTS:
        for path in sorted(path for path in (bundle / name).rglob("*") if path.is_file()):
            found.update(path.relative_to(bundle).as_posix().encode() + b"\0")
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:12]


setup(cmdclass={"build_py": BuildWithBundle})
