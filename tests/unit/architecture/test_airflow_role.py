"""What Airflow's role allows is what the DAGs do, and no more.

What they do through Amazon's provider is in the table below, by the classes that they import; what they call
themselves is found in their code.
"""

import ast
from collections.abc import Iterator

import botocore.session
import pytest
from botocore import xform_name

from amp_sandbox import paths
from amp_sandbox.stack.template import read_template

RESOURCES = read_template(paths.TEMPLATE)["Resources"]

# As amazon provider 9.28.0 calls AWS for what the DAGs ask of it, in `airflow/providers/amazon/aws/`.
PROVIDER = {
    # With the crawler's name alone, nothing of the crawler can differ, so it is not updated.
    "GlueCrawlerOperator": {"glue:GetCrawler", "glue:StartCrawler", "glue:GetCrawlerMetrics"},
    "GlueCrawlerCompleteTrigger": {"glue:GetCrawler"},
    "EmrContainerOperator": {
        "emr-containers:StartJobRun",
        "emr-containers:DescribeJobRun",
        "emr-containers:CancelJobRun",
    },
    "EmrContainerTrigger": {"emr-containers:DescribeJobRun"},
    "LambdaInvokeFunctionOperator": {"lambda:InvokeFunction"},
    "RedshiftDataOperator": {
        "redshift-data:ExecuteStatement",
        "redshift-data:BatchExecuteStatement",
        "redshift-data:CancelStatement",
        # For the database user that it names: https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-iam.html
        "redshift:GetClusterCredentials",
    },
    "RedshiftDataHook": {"redshift-data:DescribeStatement", "redshift-data:GetStatementResult"},
    "RedshiftDataTrigger": {"redshift-data:DescribeStatement"},
    "MessageQueueTrigger": {"sqs:ReceiveMessage", "sqs:DeleteMessage"},
    "SnsNotifier": {"sns:Publish"},
    # What is asked of their clients is found below.
    "EmrContainerHook": set(),
    "GlueCatalogHook": set(),
    "S3Hook": set(),
    "AwsGenericHook": set(),
    "RUNNING_STATES": set(),
    "RedshiftDataQueryAbortedError": set(),
    "RedshiftDataQueryFailedError": set(),
    "validate_execute_complete_event": set(),
}
# Of which service the calls of a module are that makes some itself.
SERVICES = {
    "spark.py": "emr-containers",
    "warehouse.py": "redshift-data",
    "pages.py": "s3",
    "lake_on_arrival.py": "glue",
    "warehouse_upkeep.py": "secretsmanager",
}


@pytest.fixture(scope="module")
def dags(modules):
    return modules(paths.DAGS)


def provider_names(module) -> Iterator[str]:
    for node in module.nodes():
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("airflow.providers.amazon", "airflow.providers.common.messaging")
        ):
            yield from (alias.name for alias in node.names)


def own_calls(module) -> Iterator[str]:
    """The methods of clients that a module calls, as boto3 names them."""
    for node in module.nodes():
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in ("get_paginator", "get_waiter"):
            assert isinstance(node.args[0], ast.Constant), ast.unparse(node)
            yield node.args[0].value
        elif ast.unparse(node.func.value).endswith((".conn", "glue", "client")):
            yield node.func.attr


def actions(module) -> Iterator[str]:
    calls = set(own_calls(module))
    if calls:
        service = SERVICES[module.path.name]
        model = botocore.session.Session().get_service_model(service)
        operations = {xform_name(name): name for name in model.operation_names}
        yield from (f"{service}:{operations[call]}" for call in calls)
    for name in provider_names(module):
        yield from PROVIDER[name]


def test_airflows_role_allows_what_the_dags_do_and_nothing_else(dags):
    [policy] = [one for one in RESOURCES["AirflowRole"]["Properties"]["Policies"] if one["PolicyName"] == "dags"]
    allowed = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        named = statement["Action"]
        allowed |= set(named if isinstance(named, list) else [named])
    assert allowed == {action for module in dags for action in actions(module)}


def test_the_calls_of_the_dags_are_found(dags):
    """Should their code change so that they are not, the comparison above would be of less."""
    found = {module.path.name: set(own_calls(module)) for module in dags}
    assert {name: calls for name, calls in found.items() if calls} == {
        "spark.py": {"list_job_runs", "describe_job_run", "cancel_job_run"},
        "warehouse.py": {"list_statements", "describe_statement", "cancel_statement", "get_statement_result"},
        "pages.py": {"put_object"},
        "lake_on_arrival.py": {"batch_get_partition"},
        "warehouse_upkeep.py": {"list_secrets"},
    }
