"""`docker-compose.yml` describes the services that the process runtime runs, and describes them safely."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from amp_sandbox import paths
from amp_sandbox.environments import NOTEBOOKS
from amp_sandbox.runtime.compose import images, project
from amp_sandbox.runtime.compose.project import NETWORK
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import CONSOLE, table
from amp_sandbox.runtime.spark import MASTER
from amp_sandbox.settings import PORTS, Settings, variable

FILE = yaml.safe_load(project.FILE.read_text())
CONTAINERS: dict[str, dict[str, Any]] = FILE["services"]
DEFAULTS = Settings.model_validate({name: field.get_default() for name, field in Settings.model_fields.items()})
# The console is a process in both runtimes.
SERVICES = {service.name: service for service in table(DEFAULTS) if service.name != CONSOLE}
ON_THIS_MACHINE = ("console_port",)
IMAGES_REPOSITORY = Path("/opt/amp-sandbox")
every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
every_container = pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)


def with_defaults(text: str) -> str:
    """A text of the file with the defaults of its variables."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text)


def test_both_runtimes_run_the_same_services() -> None:
    assert set(CONTAINERS) == set(SERVICES) | {NETWORK}


@every_service
def test_a_container_starts_the_service_of_its_name(service: Service) -> None:
    assert CONTAINERS[service.name]["command"] == [service.name]


@every_service
def test_what_is_on_demand_as_a_process_is_in_a_profile(service: Service) -> None:
    profiles = CONTAINERS[service.name].get("profiles", [])
    # Spark is in one too, as nothing in a container starts another.
    assert profiles == ([service.profile or "batch", "everything"] if service.on_demand else [])


@every_service
def test_the_health_checks_are_the_same(service: Service) -> None:
    member = [service.health_member] if service.health_member else []
    test = [with_defaults(word) for word in CONTAINERS[service.name]["healthcheck"]["test"]]
    assert test == ["CMD", "healthy", str(service.port), service.health_path, *member]
    assert variable_of(CONTAINERS[service.name]["healthcheck"]["test"][2]) == service.port_setting


@every_service
def test_a_container_may_take_as_long_to_stop(service: Service) -> None:
    assert CONTAINERS[service.name]["stop_grace_period"] == f"{service.stop_seconds}s"


def variable_of(text: str) -> str:
    found = re.match(r"\$\{(\w+):-", text)
    assert found
    return found[1]


def test_every_setting_reaches_the_containers_with_its_default() -> None:
    given = dict(CONTAINERS[NETWORK]["environment"])
    assert given.pop("SANDBOX_HOME") == str(project.HOME)
    assert given.pop("SANDBOX_RUNTIME") == "compose"
    defaults = DEFAULTS.model_dump(mode="json", exclude={"home", "runtime"})
    assert given == {variable(name): f"${{{variable(name)}:-{value}}}" for name, value in defaults.items()}


def test_every_port_is_published_on_the_loopback_address_and_can_be_moved() -> None:
    inside = [name for name in PORTS if name not in ON_THIS_MACHINE]
    published = {f"${{{variable(name)}:-{Settings.model_fields[name].default}}}" for name in inside}
    # Drivers, workers and the master are in one network; nobody else knows its secret.
    published -= {f"${{{variable('spark_master_port')}:-7077}}"}
    assert set(CONTAINERS[NETWORK]["ports"]) == {f"127.0.0.1:{port}:{port}" for port in published}
    assert SERVICES[MASTER].other_ports == ((7077, variable("spark_master_port")),)
    assert [name for name, one in CONTAINERS.items() if "ports" in one] == [NETWORK]


@pytest.mark.parametrize("name", SERVICES)
def test_all_share_the_network_of_one(name: str) -> None:
    assert CONTAINERS[name]["network_mode"] == f"service:{NETWORK}"


@every_container
def test_a_container_has_no_rights_it_does_not_need(container: dict[str, Any]) -> None:
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert with_defaults(container["user"]) == "10001:10001"
    assert container["mem_limit"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(container)


@pytest.mark.parametrize("name", sorted(CONTAINERS.keys() - {NOTEBOOKS}))
def test_the_only_thing_mounted_is_the_home(name: str) -> None:
    assert CONTAINERS[name]["volumes"] == [f"home:{project.HOME}"]
    assert set(FILE["volumes"]) == {"home"}


def test_notebooks_have_their_files_and_nothing_of_the_home_but_what_was_made_for_them() -> None:
    container = CONTAINERS[NOTEBOOKS]
    home = Path(container["environment"]["SANDBOX_HOME"])
    own, files = (with_defaults(mount).split(":") for mount in container["volumes"])
    assert own == [f"./.sandbox/{paths.state_dir(Path(), NOTEBOOKS)}", str(paths.state_dir(home, NOTEBOOKS))]
    assert files == ["./notebooks", str(IMAGES_REPOSITORY / "notebooks")]
    # All else that the environment says is what it says to the others.
    others = CONTAINERS[NETWORK]["environment"]
    assert container["environment"] == others | {"SANDBOX_HOME": str(home)}
    assert paths.DEFAULT_HOME.name == ".sandbox"


def test_compose_is_told_all_that_the_file_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+)", project.FILE.read_text()))
    assert asked <= project.variables(DEFAULTS, "").keys()


@every_container
def test_an_image_is_one_that_is_built_here(container: dict[str, Any]) -> None:
    target = container["build"]["target"]
    assert container["image"] == f"{images.REPOSITORY}/{target}:${{{project.TAG_VARIABLE}:-latest}}"
    assert re.search(rf"^FROM \S+ AS {target}$", images.DOCKERFILE.read_text(), re.MULTILINE)


def test_only_the_base_image_is_pulled_and_no_registry_is_named() -> None:
    recipe = images.DOCKERFILE.read_text()
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", recipe, re.MULTILINE)
    assert {base for base, _ in stages} - {name for _, name in stages} == {"python:3.11-slim-bookworm"}


def test_environments_are_where_a_checkout_has_them() -> None:
    recipe = images.DOCKERFILE.read_text()
    for service in SERVICES.values():
        folder = service.python.relative_to(paths.REPOSITORY)
        environment = "/".join(folder.parts[: 1 if folder.parts[0] == ".venv" else 2])
        assert re.search(rf"environment {re.escape(environment)}\b", recipe), service.name
