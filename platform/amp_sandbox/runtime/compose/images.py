"""The images: built on this machine when they are not there yet, and tagged by what they are made of.

The tag is a digest of the locks, the recipe and our own code in them. So an edit there makes `up` build what changed,
and nobody runs yesterday's code without knowing; an edit of a function, a job or a DAG does not, as those are uploaded.

**Left out:** a registry. Nothing is pulled but the base image, and nothing pushed.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.progress import OnProgress, Step, step
from amp_sandbox.runtime.compose import engine

REPOSITORY = "amp-sandbox"
CORE, SPARK, AIRFLOW, NOTEBOOKS = "core", "spark", "airflow", "notebooks"
DOCKERFILE = paths.PLATFORM / "docker" / "Dockerfile"
CHECKOUT_LABEL = "amp-sandbox.checkout"
# Where packages come from is a machine's own affair; what is not set here is not passed on.
PASSED_ON = ("UV_DEFAULT_INDEX", "PIP_INDEX_URL")

_SOURCES = (
    ".dockerignore",
    "pyproject.toml",
    "platform/docker",
    "platform/requirements/sandbox.in",
    *(
        f"platform/requirements/{lock}.txt"
        for lock in ("airflow", "build", "catalog_api", "lambda", "localstack", "notebooks", "sandbox", "spark", "uv")
    ),
    "platform/amp_sandbox",
    "platform/localstack_extension",
    "seed_data/amp_seed",
    "services/catalog_api",
    "spark/s3_connector/amp-s3-connector.jar",
)
_IGNORED = ("__pycache__", ".egg-info")


def tag(root: Path = paths.REPOSITORY) -> str:
    """The tag of the images that this checkout makes."""
    digest = hashlib.sha256()
    for path in sorted(_files(root)):
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def reference(image: str, tag: str) -> str:
    """The name of an image with its tag."""
    return f"{REPOSITORY}/{image}:{tag}"


def missing(images: Iterable[str], tag: str) -> list[str]:
    """Which of these are not on this machine."""
    listed = engine.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"{REPOSITORY}/*").split()
    return [image for image in images if reference(image, tag) not in listed]


def build(images: Sequence[str], tag: str, log: Path, on_progress: OnProgress) -> None:
    """Build images, and remove those that this checkout made before. Raises EngineError."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    for image in images:
        name = f"build image {image}"
        with step(on_progress, name):
            engine.run_logged(
                "build",
                *("--file", str(DOCKERFILE), "--target", image, "--tag", reference(image, tag)),
                *("--label", f"{CHECKOUT_LABEL}={paths.REPOSITORY}"),
                *(f"--build-arg={variable}" for variable in PASSED_ON if os.environ.get(variable)),
                str(paths.REPOSITORY),
                log=log,
                on_line=lambda line, name=name: _tell(on_progress, name, line),  # type: ignore[misc]
            )
    _remove_others(tag)


def _tell(on_progress: OnProgress, name: str, line: str) -> None:
    """The step that a build is at, as both of Docker's builders tell it: `Step 3/40 : RUN x`, `#9 [core 2/5] RUN x`."""
    if at := re.match(r"(?:Step (\d+/\d+) :|#\d+ \[(.+?\d+/\d+)\]) (.*)", line):
        on_progress(Step(name, "started", detail=f"{at[1] or at[2]} {at[3]}"[:80]))


def _remove_others(tag: str) -> None:
    """Remove this checkout's images of other tags; those that a container is made of stay."""
    listed = engine.run(
        *("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"),
        *("--filter", f"label={CHECKOUT_LABEL}={paths.REPOSITORY}"),
        f"{REPOSITORY}/*",
    )
    for image in listed.split():
        if not image.endswith((f":{tag}", ":<none>")):
            try:
                engine.run("image", "rm", image)
            except engine.EngineError:
                continue


def _files(root: Path) -> Iterator[Path]:
    for source in _SOURCES:
        path = root / source
        if path.is_file():
            yield path
        else:
            yield from (
                file
                for file in path.rglob("*")
                if file.is_file() and not any(part.endswith(_IGNORED) for part in file.relative_to(root).parts)
            )
