"""What the template gives each function is what its code needs: environment variables and permissions, no more or less.

Permissions are checked against the calls of AWS clients that are found in the code. For that, a client's variable has
the name of its service, wherever it is passed: `kinesis.put_records(…)` is a call of Kinesis.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from amp_sandbox import paths
from amp_sandbox.stack.template import read_template

TEMPLATE = read_template(paths.TEMPLATE)
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = [name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Serverless::Function"]

# Actions whose name is not the operation's: a batch is allowed by the action for one.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# What Lambda itself does with the role of a function: its logs, and reading its event source.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
EVENT_SOURCES: dict[str, set[str]] = {
    "SQS": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "Schedule": set(),  # EventBridge invokes by the function's own policy
}
# Read by the code if set; the template leaves them unset.
OPTIONAL_VARIABLES = {"LOG_LEVEL"}


@cache
def operations(service: str) -> dict[str, str]:
    """The operations of an AWS service by the name of boto3's method."""
    model = botocore.session.Session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def is_call(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in names


def services(module) -> dict[str, str]:
    """The AWS services a module makes clients of, by the name of the client's variable."""
    made = {}
    for node in module.nodes():
        if isinstance(node, ast.Assign) and is_call(node.value, "boto3.client"):
            [target] = node.targets
            made[ast.unparse(target)] = node.value.args[0].value
    return made


def calls(module, clients: set[str]) -> Iterator[tuple[str, str]]:
    """The methods of clients that a module calls."""
    for node in module.nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if owner in clients:
                yield owner, node.func.attr


def required_actions(modules) -> set[str]:
    """The IAM actions that the calls of some modules ask for."""
    clients = {service for module in modules for service in services(module).values()}
    found = {f"{service}:{operations(service)[method]}" for m in modules for service, method in calls(m, clients)}
    return {ACTIONS.get(action, action) for action in found}


def required_variables(modules) -> set[str]:
    """The environment variables without which a function does not start."""
    return {
        node.args[0].value
        for module in modules
        for node in module.nodes()
        if is_call(node, "required") and isinstance(node.args[0], ast.Constant)
    }


def read_variables(modules) -> set[str]:
    """The environment variables that are read by name, not through `required`."""
    reads = ("os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault")
    calls = {n.args[0].value for m in modules for n in m.nodes() if is_call(n, *reads) and is_constant(n.args[0])}
    items = {
        n.slice.value
        for m in modules
        for n in m.nodes()
        if isinstance(n, ast.Subscript) and ast.unparse(n.value) == "os.environ" and is_constant(n.slice)
    }
    return calls | items


def is_constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant)


def properties(name: str) -> dict[str, Any]:
    return RESOURCES[name]["Properties"]


@pytest.fixture
def code(modules):
    """The modules of a function, and of the layers it has."""

    def load(name: str):
        folders = [properties(name)["CodeUri"]]
        folders += [properties(layer["Ref"])["ContentUri"] for layer in properties(name).get("Layers", [])]
        return [module for folder in folders for module in modules(Path(paths.TEMPLATE.parent, folder).resolve())]

    return load


def allowed_actions(name: str) -> set[str]:
    role = properties(name)["Role"]["Fn::GetAtt"][0]
    allowed: set[str] = set()
    for policy in properties(role)["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            actions = statement["Action"]
            allowed |= set(actions if isinstance(actions, list) else [actions])
    return allowed


def test_calls_are_found_where_a_client_is_passed_on(parsed):
    modules = [
        parsed("import boto3\nsqs = boto3.client('sqs')\nkinesis = boto3.client('kinesis', config=C)"),
        parsed("def put(kinesis, sqs):\n  kinesis.put_records()\n  return sqs.change_message_visibility_batch()['x']"),
    ]
    assert required_actions(modules) == {"kinesis:PutRecords", "sqs:ChangeMessageVisibility"}


def test_variables_are_found_in_every_form(parsed):
    module = parsed("A = required('A')\nB = os.environ['B']\nC = os.environ.get('C', '')\nD = os.getenv('D')")
    assert required_variables([module]) == {"A"}
    assert read_variables([module]) == {"B", "C", "D"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_client_has_the_name_of_its_service(code, function):
    """Else its calls would not be found."""
    modules = code(function)
    made = [pair for module in modules for pair in services(module).items()]
    assert all(name == service for name, service in made)
    uses = [ast.unparse(n) for m in modules for n in m.nodes() if isinstance(n, ast.Attribute) and of_boto3(n)]
    assert uses == ["boto3.client"] * len(made), "clients are made by boto3.client, each assigned to a name"


def of_boto3(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "boto3"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_what_its_function_does_and_nothing_else(code, function):
    sources = {event["Type"] for event in properties(function).get("Events", {}).values()}
    by_lambda = LOGS.union(*(EVENT_SOURCES[source] for source in sources))
    assert allowed_actions(function) == required_actions(code(function)) | by_lambda


def test_the_calls_of_catalog_ingest_are_found(code):
    """Should its code change so that they are not, the comparison above would be one of nothings."""
    assert required_actions(code("CatalogIngestFunction")) == {"kinesis:PutRecords", "sqs:ChangeMessageVisibility"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_the_variables_that_it_requires_and_no_others(code, function):
    given = properties(function).get("Environment", {}).get("Variables", {}).keys()
    assert given == required_variables(code(function))
    assert read_variables(code(function)) <= OPTIONAL_VARIABLES
