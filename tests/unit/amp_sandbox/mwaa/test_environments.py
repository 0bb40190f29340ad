import json
from typing import Any

import pytest
from support.airflow_fakes import BUCKET, REQUIREMENTS, create_request

from amp_sandbox.mwaa import requirements
from amp_sandbox.mwaa.airflow import AirflowError

CODE = "ValidationException"
ARN = "arn:aws:airflow:us-east-1:000000000000:environment/amp"
VERSION = requirements.airflow_version()
BUNDLES = "dag_processor.dag_bundle_config_list"


def bundle(prefix: str) -> dict[str, Any]:
    return {
        "name": "dags",
        "classpath": "airflow.providers.amazon.aws.bundles.s3.S3DagBundle",
        "kwargs": {"aws_conn_id": "aws_default", "bucket_name": BUCKET, "prefix": prefix, "refresh_interval": 3},
    }


def test_a_new_environment_configures_airflow_and_is_shown(mwaa: Any) -> None:
    options = {"amp.raw_bucket": "raw", "core.dags_are_paused_at_creation": "False"}
    asked = create_request(AirflowConfigurationOptions=options, Tags={"team": "data"}, MaxWorkers=3)
    assert mwaa.client.create_environment(**asked)["Arn"] == ARN
    assert mwaa.get()["Status"] == "CREATING"
    assert mwaa.airflow.configured == []
    mwaa.tick()
    [configured] = mwaa.airflow.configured
    assert json.loads(configured[BUNDLES]) == [bundle("airflow/dags/")]
    assert {name: value for name, value in configured.items() if name != BUNDLES} == options
    shown = mwaa.get()
    assert shown.pop("CreatedAt").timestamp() >= 1000
    # What was not asked for is as on AWS.
    # https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html
    assert shown == asked | {
        "Arn": ARN,
        "Status": "AVAILABLE",
        "AirflowVersion": VERSION,
        "EnvironmentClass": "mw1.small",
        "MinWorkers": 1,
        "MinWebservers": 2,
        "MaxWebservers": 2,
        "Schedulers": 2,
        "WebserverAccessMode": "PRIVATE_ONLY",
        "EndpointManagement": "SERVICE",
        "WebserverUrl": "http://127.0.0.1:8080",
    }


def test_the_smallest_class_has_one_of_everything(mwaa: Any) -> None:
    mwaa.make(EnvironmentClass="mw1.micro")
    shown = mwaa.get()
    names = ("MinWorkers", "MaxWorkers", "MinWebservers", "MaxWebservers", "Schedulers")
    assert [shown[name] for name in names] == [1, 1, 1, 1, 1]


def test_there_is_one_environment_at_a_time(mwaa: Any) -> None:
    mwaa.make()
    code, message = mwaa.refusal("create_environment", **create_request(Name="other"))
    assert (code, "runs one Airflow, and it is the environment amp" in message) == (CODE, True)
    code, message = mwaa.refusal("create_environment", **create_request())
    assert (code, message) == (CODE, "Environment amp exists, and is AVAILABLE.")
    assert mwaa.client.list_environments()["Environments"] == ["amp"]
    mwaa.client.delete_environment(Name="amp")
    assert mwaa.get()["Status"] == "DELETING"
    mwaa.tick()
    assert mwaa.airflow.stops == 1
    assert mwaa.client.list_environments()["Environments"] == []
    mwaa.make(Name="other")


def test_an_unknown_one_is_not_found(mwaa: Any) -> None:
    not_found = ("ResourceNotFoundException", "Environment unknown does not exist.")
    for operation in ("get_environment", "update_environment", "delete_environment"):
        assert mwaa.refusal(operation, Name="unknown") == not_found
    assert mwaa.refusal("invoke_rest_api", Name="unknown", Path="/dags", Method="GET") == not_found


def test_a_page_that_is_not_there_is_refused(mwaa: Any) -> None:
    assert mwaa.refusal("list_environments", NextToken="x")[0] == CODE


NETWORK = {"SecurityGroupIds": ["sg-a"]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"AirflowVersion": "2.10.3"}, f"AirflowVersion 2.10.3 is not what this machine has; that is {VERSION}"),
        ({"EnvironmentClass": "mw1.huge"}, "EnvironmentClass mw1.huge"),
        ({"DagS3Path": "/dags"}, "DagS3Path"),
        ({"DagS3Path": ""}, "DagS3Path"),
        ({"DagS3Path": "a/../dags"}, "DagS3Path"),
        ({"DagS3Path": "s3://artifacts/dags"}, "DagS3Path"),
        ({"RequirementsS3Path": "/requirements.txt"}, "RequirementsS3Path"),
        ({"RequirementsS3ObjectVersion": "v1"}, "RequirementsS3ObjectVersion"),
        ({"NetworkConfiguration": NETWORK}, "SubnetIds must be two"),
        ({"NetworkConfiguration": NETWORK | {"SubnetIds": ["subnet-a", "subnet-a"]}}, "SubnetIds must be two"),
        ({"NetworkConfiguration": NETWORK | {"SubnetIds": ["subnet-a"]}}, "greater than or equal to 2"),
        ({"Schedulers": 1}, "Schedulers of mw1.small must be 2 to 5"),
        ({"EnvironmentClass": "mw1.micro", "MaxWebservers": 2}, "MaxWebservers of mw1.micro must be 1 to 1"),
        ({"MinWebservers": 4, "MaxWebservers": 3}, "MinWebservers"),
        ({"MinWorkers": 4, "MaxWorkers": 3}, "MinWorkers"),
        ({"MaxWorkers": 26}, "not greater than 25"),
        ({"AirflowConfigurationOptions": {"raw_bucket": "x"}}, "'raw_bucket' is not named section.key"),
        ({"AirflowConfigurationOptions": {BUNDLES: "[]"}}, "made of SourceBucketArn and DagS3Path"),
        ({"SourceBucketArn": "arn:aws:s3:::nowhere"}, "source bucket nowhere cannot be read: Not Found"),
        ({"ExecutionRoleArn": None}, "'executionRoleArn'"),
        ({"WeeklyMaintenanceWindowStart": "SOMEDAY"}, "weeklyMaintenanceWindowStart"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(value),
)
def test_what_aws_refuses_is_refused(mwaa: Any, given: dict[str, Any], said: str) -> None:
    code, message = mwaa.refusal("create_environment", **create_request(**given))
    assert code == CODE
    assert said in message
    assert mwaa.client.list_environments()["Environments"] == []


@pytest.mark.parametrize(
    ("operation", "given", "named"),
    [
        ("create_environment", {"EndpointManagement": "CUSTOMER"}, "EndpointManagement CUSTOMER"),
        ("create_environment", {"KmsKey": "alias/x"}, "KmsKey"),
        ("create_environment", {"PluginsS3Path": "plugins.zip"}, "PluginsS3Path"),
        ("create_environment", {"StartupScriptS3Path": "startup.sh"}, "StartupScriptS3Path"),
        ("update_environment", {"WorkerReplacementStrategy": "GRACEFUL"}, "WorkerReplacementStrategy GRACEFUL"),
        ("create_cli_token", {}, "CreateCliToken"),
        ("create_web_login_token", {}, "CreateWebLoginToken"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(mwaa: Any, operation: str, given: dict[str, Any], named: str) -> None:
    rest = create_request() if operation == "create_environment" else {"Name": "amp"}
    code, message = mwaa.refusal(operation, **rest | given)
    assert (code, named in message) == ("NotImplemented", True)


def test_requirements_that_are_installed_here_are_taken(mwaa: Any) -> None:
    mwaa.s3.objects[REQUIREMENTS] = f"apache-airflow=={VERSION}\n"
    mwaa.make(RequirementsS3Path=REQUIREMENTS)
    assert mwaa.get()["RequirementsS3Path"] == REQUIREMENTS


def test_the_version_of_the_requirements_that_is_asked_for_is_read(mwaa: Any) -> None:
    mwaa.s3.objects = {REQUIREMENTS: "none-such==1\n", (REQUIREMENTS, "old"): f"apache-airflow=={VERSION}\n"}
    asked = {"RequirementsS3Path": REQUIREMENTS, "RequirementsS3ObjectVersion": "old"}
    mwaa.make(**asked)
    assert mwaa.get()["RequirementsS3ObjectVersion"] == "old"
    code, message = mwaa.refusal("update_environment", Name="amp", RequirementsS3Path=REQUIREMENTS)
    assert (code, "none-such is not installed here" in message) == (CODE, True)


def test_requirements_that_are_not_here_are_an_error_that_names_them(mwaa: Any) -> None:
    code, message = mwaa.refusal("create_environment", **create_request(RequirementsS3Path=REQUIREMENTS))
    assert (code, f"s3://{BUCKET}/{REQUIREMENTS} cannot be read" in message) == (CODE, True)
    mwaa.s3.objects[REQUIREMENTS] = "apache-airflow==2.0.0\nnone-such\n"
    code, message = mwaa.refusal("create_environment", **create_request(RequirementsS3Path=REQUIREMENTS))
    assert code == CODE
    assert f"apache-airflow is {VERSION} here, not ==2.0.0" in message
    assert "none-such is not installed here" in message


def test_an_update_changes_what_it_gives_and_keeps_the_rest(mwaa: Any) -> None:
    mwaa.s3.objects[REQUIREMENTS] = ""
    logs = {"TaskLogs": {"Enabled": True, "LogLevel": "INFO"}}
    mwaa.make(
        AirflowConfigurationOptions={"a.b": "1"},
        RequirementsS3Path=REQUIREMENTS,
        LoggingConfiguration=logs,
        MaxWorkers=4,
    )
    changed = {
        "AirflowConfigurationOptions": {"c.d": "2"},
        "NetworkConfiguration": {"SecurityGroupIds": ["sg-b"]},
        "LoggingConfiguration": {"WorkerLogs": {"Enabled": False, "LogLevel": "ERROR"}},
        "RequirementsS3Path": "",
    }
    assert mwaa.client.update_environment(Name="amp", **changed)["Arn"] == ARN
    shown = mwaa.get()
    assert (shown["Status"], shown["LastUpdate"]["Status"]) == ("UPDATING", "PENDING")
    assert shown["AirflowConfigurationOptions"] == {"a.b": "1"}
    code, message = mwaa.refusal("update_environment", Name="amp", MaxWorkers=5)
    assert (code, message) == (CODE, "Environment amp is UPDATING; it cannot be updated now.")
    mwaa.tick()
    shown = mwaa.get()
    assert shown["Status"] == "AVAILABLE"
    assert shown["LastUpdate"].pop("CreatedAt").timestamp() >= 1000
    assert shown["LastUpdate"] == {"Status": "SUCCESS", "WorkerReplacementStrategy": "FORCED"}
    assert shown["AirflowConfigurationOptions"] == {"c.d": "2"}
    assert shown["NetworkConfiguration"] == {"SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": ["sg-b"]}
    assert shown["LoggingConfiguration"] == logs | changed["LoggingConfiguration"]
    assert shown["MaxWorkers"] == 4
    assert "RequirementsS3Path" not in shown
    assert "c.d" in mwaa.airflow.configured[-1]
    assert "a.b" not in mwaa.airflow.configured[-1]


def test_an_update_that_airflow_does_not_take_leaves_it_as_it_was(mwaa: Any) -> None:
    mwaa.make(AirflowConfigurationOptions={"a.b": "1"})

    def fail(options: Any) -> None:
        if options and "core.executor" in options:
            raise AirflowError("The option core.executor cannot be set.")

    mwaa.airflow.failing = fail
    mwaa.client.update_environment(Name="amp", AirflowConfigurationOptions={"core.executor": "X"})
    mwaa.tick()
    shown = mwaa.get()
    assert shown["Status"] == "UPDATE_FAILED"
    assert shown["LastUpdate"]["Error"]["ErrorMessage"] == "The option core.executor cannot be set."
    assert shown["AirflowConfigurationOptions"] == {"a.b": "1"}
    assert "a.b" in mwaa.airflow.configured[-1]
    mwaa.client.update_environment(Name="amp", AirflowConfigurationOptions={"a.b": "2"})
    mwaa.tick()
    assert mwaa.get()["Status"] == "AVAILABLE"


def test_an_environment_that_airflow_does_not_take_is_not_created_and_can_be_deleted(mwaa: Any) -> None:
    def fail(options: Any) -> None:
        if options:
            raise AirflowError("The option core.executor cannot be set.")

    mwaa.airflow.failing = fail
    mwaa.make(AirflowConfigurationOptions={"core.executor": "X"})
    shown = mwaa.get()
    assert shown["Status"] == "CREATE_FAILED"
    assert shown["LastUpdate"]["Error"]["ErrorMessage"] == "The option core.executor cannot be set."
    assert mwaa.refusal("update_environment", Name="amp", MaxWorkers=5)[0] == CODE
    assert mwaa.refusal("invoke_rest_api", Name="amp", Path="/dags", Method="GET")[0] == CODE
    mwaa.client.delete_environment(Name="amp")
    mwaa.tick()
    assert mwaa.client.list_environments()["Environments"] == []
