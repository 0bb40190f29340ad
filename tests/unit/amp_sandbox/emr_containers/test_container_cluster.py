from collections.abc import Iterator
from pathlib import Path

import pytest

from amp_sandbox import paths
from amp_sandbox.emr_containers import container_cluster
from amp_sandbox.emr_containers.cluster import ClusterError
from amp_sandbox.emr_containers.container_cluster import ContainerCluster
from amp_sandbox.runtime import spark
from amp_sandbox.runtime.service import Service
from amp_sandbox.settings import Settings


class Bench:
    """A cluster, what of it answers, and the time."""

    def __init__(self, home: Path) -> None:
        paths.state_dir(home, spark.MASTER).mkdir(parents=True)
        self.home, self.now = home, 0.0
        self.healthy = {spark.MASTER, spark.WORKER}
        self.cluster = ContainerCluster(Settings(home=home), clock=lambda: self.now)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(tmp_path)

    def is_healthy(service: Service, timeout: float) -> bool:
        return service.name in made.healthy

    monkeypatch.setattr(container_cluster, "is_healthy", is_healthy)
    return made


def test_without_the_profile_a_run_is_told_how_to_have_spark(bench: Bench) -> None:
    with pytest.raises(ClusterError, match="sandbox up --profile batch"):
        bench.cluster.ready()
    assert bench.cluster.master() is None


def test_a_master_is_told_from_the_one_before(bench: Bench) -> None:
    spark.mark_started(bench.home)
    first = bench.cluster.ready()
    assert first is not None
    assert bench.cluster.master() == first
    spark.mark_started(bench.home)
    assert bench.cluster.master() not in (None, first)


@pytest.mark.parametrize("missing", [spark.MASTER, spark.WORKER])
def test_what_comes_up_is_waited_for_a_minute(bench: Bench, missing: str) -> None:
    spark.mark_started(bench.home)
    bench.healthy.discard(missing)
    assert bench.cluster.ready() is None
    bench.now = 60
    assert bench.cluster.ready() is None
    bench.now = 61
    with pytest.raises(ClusterError, match=f"{missing} does not answer"):
        bench.cluster.ready()
    assert bench.cluster.ready() is None  # the next run's minute
    bench.healthy.add(missing)
    assert bench.cluster.ready() is not None


def test_letting_go_changes_nothing(bench: Bench) -> None:
    spark.mark_started(bench.home)
    before = bench.cluster.ready()
    bench.cluster.release()
    assert bench.cluster.ready() == before
