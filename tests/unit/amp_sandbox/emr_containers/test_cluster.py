"""The cluster's services, with a supervisord that notes what it is told."""

from pathlib import Path

import pytest
from support.emr_fakes import Bench

from amp_sandbox.emr_containers import cluster as module
from amp_sandbox.emr_containers.cluster import ClusterError, SupervisedCluster
from amp_sandbox.runtime import java
from amp_sandbox.runtime.java import Candidate
from amp_sandbox.runtime.supervisord import ProcessInfo


class FakeSupervisor:
    """Starts at once whatever it is told to, but for what is broken."""

    def __init__(self) -> None:
        self.states = {"spark_master": "STOPPED", "spark_worker": "STOPPED", "spark_history": "STOPPED"}
        self.broken: set[str] = set()
        self.told: list[str] = []
        self.down = False

    def __call__(self, _home: Path) -> "FakeSupervisor":
        return self

    def info(self) -> dict[str, ProcessInfo]:
        if self.down:
            raise ConnectionRefusedError("no socket")
        return {name: ProcessInfo(name, state, 7, 500, "") for name, state in self.states.items()}

    def start(self, name: str) -> None:
        self.told.append(f"start {name}")
        self.states[name] = "FATAL" if name in self.broken else "RUNNING"

    def stop(self, name: str) -> None:
        self.told.append(f"stop {name}")
        self.states[name] = "STOPPED"


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> FakeSupervisor:
    fake = FakeSupervisor()
    monkeypatch.setattr(module, "Supervisor", fake)
    monkeypatch.setattr(module, "is_healthy", lambda service, timeout: True)
    monkeypatch.setattr(java, "find", lambda tried: java.Java(Path("/jdk"), "as the test says"))
    return fake


@pytest.fixture
def cluster(bench: Bench, supervisor: FakeSupervisor) -> SupervisedCluster:
    return SupervisedCluster(bench.settings)


def asked(cluster: SupervisedCluster) -> str | None:
    """What it answers after some ticks."""
    return [cluster.ready() for _ in range(4)][-1]


def test_the_master_starts_before_the_others(cluster: SupervisedCluster, supervisor: FakeSupervisor) -> None:
    assert cluster.ready() is None
    assert supervisor.told == ["start spark_master"]
    assert cluster.ready() is None
    assert supervisor.told[1:] == ["start spark_worker", "start spark_history"]
    assert cluster.ready() == cluster.master() == "7:500"
    assert len(supervisor.told) == 3


def test_only_the_worker_goes(cluster: SupervisedCluster, supervisor: FakeSupervisor) -> None:
    for _ in range(3):
        cluster.ready()
    cluster.release()
    cluster.release()
    assert supervisor.told[3:] == ["stop spark_worker"]
    assert cluster.ready() is None
    assert supervisor.told[4:] == ["start spark_worker"]


@pytest.mark.parametrize("broken", ["spark_master", "spark_worker"])
def test_a_service_that_fails_is_an_error_with_its_last_lines_and_tried_again_by_the_next(
    bench: Bench, cluster: SupervisedCluster, supervisor: FakeSupervisor, broken: str
) -> None:
    supervisor.broken = {broken}
    logs = bench.settings.home / "logs"
    logs.mkdir()
    (logs / f"{broken}.log").write_text("Address already in use\n")
    for _ in range(2):
        with pytest.raises(ClusterError, match=f"{broken} does not run.*Address already in use"):
            asked(cluster)
    supervisor.broken = set()
    assert asked(cluster) == "7:500"


def test_a_worker_that_fails_for_good_while_a_run_goes_on_is_noticed(
    cluster: SupervisedCluster, supervisor: FakeSupervisor
) -> None:
    for _ in range(3):
        cluster.ready()
    supervisor.states["spark_worker"] = "FATAL"
    with pytest.raises(ClusterError, match="spark_worker does not run"):
        cluster.master()


def test_no_java_is_an_error_that_says_how_to_get_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Supervisor", FakeSupervisor())
    java.remember_candidates(bench.settings.home, [Candidate("/none/java", "PATH")])
    with pytest.raises(ClusterError) as raised:
        SupervisedCluster(bench.settings).ready()
    assert str(raised.value) == f"Spark needs Java 17: PATH has none that runs. {java.HOW_TO_GET_ONE}"


def test_without_supervisord_there_is_no_cluster(cluster: SupervisedCluster, supervisor: FakeSupervisor) -> None:
    supervisor.down = True
    with pytest.raises(ClusterError, match="process manager"):
        cluster.ready()
    assert cluster.master() is None
    cluster.release()
