"""The deployed environment: any client finds it, its first call starts Airflow, and what it says reaches the DAGs."""

import json
import subprocess
import uuid

import pytest
from support.waiting import eventually

from amp_sandbox import paths
from amp_sandbox.aws import client_environment
from amp_sandbox.runtime import airflow
from amp_sandbox.runtime.supervisord import Supervisor

AWS = paths.environment_python("clients").with_name("aws")
STARTED_SECONDS = 180.0
LIVE_SECONDS = 60.0

# Its tags show the options that it was given.
DAG = """
from airflow.configuration import conf
from airflow.sdk import DAG

with DAG("{name}", schedule=None, tags=[conf.get("amp", "raw_bucket"), conf.get("amp", "probe", fallback="none")]):
    pass
"""


@pytest.fixture
def airflow_stops(sandbox):
    """Airflow does not stay in the sandbox of tests that have no use for it."""
    yield
    supervisor = Supervisor(sandbox.home)
    for service in airflow.services(sandbox):
        supervisor.stop(service.name)


@pytest.fixture
def invoke(sandbox, client):
    """Calls Airflow's REST API through MWAA; answers status and body, also of a refusal."""
    mwaa = client("mwaa")

    def call(method, path, **given):
        try:
            answer = mwaa.invoke_rest_api(Name=sandbox.airflow_environment, Method=method, Path=path, **given)
        except (mwaa.exceptions.RestApiClientException, mwaa.exceptions.RestApiServerException) as error:
            answer = error.response
        return answer["RestApiStatusCode"], answer["RestApiResponse"]

    return call


@pytest.fixture
def probe(sandbox, client):
    """A DAG in the environment's bucket."""
    s3, name = client("s3"), f"probe_{uuid.uuid4().hex[:8]}"
    key = f"airflow/dags/{name}.py"
    s3.put_object(Bucket=sandbox.artifacts_bucket, Key=key, Body=DAG.format(name=name).encode())
    yield name
    s3.delete_object(Bucket=sandbox.artifacts_bucket, Key=key)


def test_a_client_that_knows_nothing_but_the_sandboxs_variables_finds_it(sandbox):
    shown = subprocess.run(
        [AWS, "mwaa", "get-environment", "--name", sandbox.airflow_environment],
        env={"PATH": "/usr/bin:/bin", **client_environment(sandbox)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    environment = json.loads(shown.stdout)["Environment"]
    assert (environment["Status"], environment["WebserverUrl"]) == ("AVAILABLE", sandbox.airflow_url)
    assert environment["AirflowConfigurationOptions"]["amp.raw_bucket"] == sandbox.raw_bucket


@pytest.mark.long
@pytest.mark.usefixtures("airflow_stops")
def test_the_first_call_starts_airflow_and_what_the_environment_says_reaches_its_dags(sandbox, client, invoke, probe):
    def tags():
        status, dag = invoke("GET", f"/dags/{probe}")
        return status, {tag["name"] for tag in dag.get("tags", [])}

    # A call waits for the start, but not for longer than clients do.
    version = eventually(
        lambda: invoke("GET", "/version"), lambda seen: seen[0] != 503, timeout=STARTED_SECONDS, what="Airflow"
    )
    assert (version[0], version[1]["version"]) == (200, "3.2.1")
    live = (200, {sandbox.raw_bucket, "none"})
    eventually(tags, lambda seen: seen == live, timeout=LIVE_SECONDS, what="the DAG of the bucket")

    mwaa = client("mwaa")
    environment = mwaa.get_environment(Name=sandbox.airflow_environment)["Environment"]
    options = environment["AirflowConfigurationOptions"] | {"amp.probe": probe}
    mwaa.update_environment(Name=sandbox.airflow_environment, AirflowConfigurationOptions=options)
    updated = eventually(
        lambda: mwaa.get_environment(Name=sandbox.airflow_environment)["Environment"],
        lambda seen: seen["Status"] != "UPDATING",
        timeout=LIVE_SECONDS,
        what="the update",
    )
    assert (updated["Status"], updated["LastUpdate"]["Status"]) == ("AVAILABLE", "SUCCESS")
    live = (200, {sandbox.raw_bucket, probe})
    eventually(tags, lambda seen: seen == live, timeout=STARTED_SECONDS, what="the DAG with the new option")
