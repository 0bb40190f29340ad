from collections.abc import Callable
from pathlib import Path

import pytest
from support.fake_docker import FakeEngine

from amp_sandbox import paths
from amp_sandbox.progress import Step
from amp_sandbox.runtime.compose import engine, images


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the images are made of, with a word in each file, and a function besides."""
    for source in images._SOURCES:
        file = tmp_path / source if Path(source).suffix else tmp_path / source / "a.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("word")
    (tmp_path / "services" / "catalog_ingest").mkdir(parents=True)
    (tmp_path / "services" / "catalog_ingest" / "app.py").write_text("word")
    return tmp_path


def edit(name: str) -> Callable[[Path], object]:
    return lambda root: (root / name).write_text("another")


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (edit("platform/requirements/spark.txt"), True),
        (edit("platform/amp_sandbox/a.py"), True),
        (edit("platform/amp_sandbox/b.py"), True),
        (edit("services/catalog_api/a.py"), True),
        (edit("services/catalog_ingest/app.py"), False),  # uploaded by a deployment
        (edit("platform/template.yaml"), False),
        (lambda root: (root / "platform/docker/a.py").chmod(0o755), True),
        (lambda root: (root / "platform/amp_sandbox/a.py").rename(root / "platform/amp_sandbox/c.py"), True),
    ],
)
def test_the_tag_is_another_when_an_image_would_be(
    checkout: Path, change: Callable[[Path], object], differs: bool
) -> None:
    before = images.tag(checkout)
    change(checkout)
    assert (images.tag(checkout) != before) is differs


def test_what_python_leaves_behind_is_no_change(checkout: Path) -> None:
    before = images.tag(checkout)
    (checkout / "platform/amp_sandbox/__pycache__").mkdir()
    (checkout / "platform/amp_sandbox/__pycache__/a.pyc").write_text("x")
    assert images.tag(checkout) == before


def test_every_source_is_there() -> None:
    assert [source for source in images._SOURCES if not (paths.REPOSITORY / source).exists()] == []


def test_only_what_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeEngine("p")
    fake.images = {"amp-sandbox/core:new", "amp-sandbox/spark:old"}
    monkeypatch.setattr(engine, "run", fake.run)
    assert images.missing(("core", "spark"), "new") == ["spark"]


def test_a_build_replaces_what_this_checkout_built_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeEngine("p")
    fake.images = {"amp-sandbox/core:old"}
    built: list[tuple[str, ...]] = []

    def run_logged(*arguments: str, log: Path, on_line: Callable[[str], None]) -> None:
        built.append(arguments)
        fake.images.add(arguments[arguments.index("--tag") + 1])
        on_line("Step 3/40 : RUN pip install")

    monkeypatch.setattr(engine, "run", fake.run)
    monkeypatch.setattr(engine, "run_logged", run_logged)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "a mirror")
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    steps: list[Step] = []
    images.build(("core",), "new", tmp_path / "logs" / "build.log", steps.append)
    assert fake.images == {"amp-sandbox/core:new"}
    assert "--build-arg=UV_DEFAULT_INDEX" in built[0]  # its value stays in the environment
    assert "--build-arg=PIP_INDEX_URL" not in built[0]
    assert [(step.state, step.detail) for step in steps] == [
        ("started", ""),
        ("started", "3/40 RUN pip install"),
        ("done", ""),
    ]


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("Step 12/46 : FROM builder AS x", "12/46 FROM builder AS x"),
        ("#9 [core 2/5] COPY --from=code /mnt/ ./", "core 2/5 COPY --from=code /mnt/ ./"),
        ("#9 DONE 0.1s", None),
        (" ---> Using cache", None),
    ],
)
def test_both_of_dockers_builders_are_understood(line: str, detail: str | None) -> None:
    steps: list[Step] = []
    images._tell(steps.append, "build", line)
    assert [step.detail for step in steps] == ([detail] if detail else [])
