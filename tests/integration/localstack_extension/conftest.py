"""A sandbox with nothing deployed, and functions made in it."""

import io
import itertools
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.sandboxes import own_settings, run
from support.waiting import eventually

from amp_sandbox import aws
from amp_sandbox.settings import Settings

ROLE = "arn:aws:iam::000000000000:role/function"
MakeFunction = Callable[..., str]
Deploy = Callable[..., tuple[str, str, set[str]]]


@pytest.fixture(scope="package")
def bare_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = own_settings(tmp_path_factory.mktemp("extension") / "home")
    up = run(settings, "up", "--no-deploy")
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield settings
    finally:
        run(settings, "down")


@pytest.fixture(scope="package")
def bare(bare_sandbox: Settings) -> Callable[[str], Any]:
    """Makes a boto3 client: `bare("lambda")`."""
    return lambda service: aws.client(bare_sandbox, service)


def zipped(**files: str) -> bytes:
    """A package; `app="…"` becomes app.py, and `python__shared` python/shared.py."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name.replace('__', '/')}.py", text)
    return package.getvalue()


@pytest.fixture
def package() -> Callable[..., bytes]:
    return zipped


@pytest.fixture
def unique() -> str:
    """A name that nothing else has."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def make_function(bare: Callable[[str], Any], unique: str) -> Iterator[MakeFunction]:
    """Makes an active function from the source of its module; answers its name."""
    functions, made, numbers = bare("lambda"), [], itertools.count()

    def make(source: str, **settings: Any) -> str:
        name = f"{unique}-{next(numbers)}"
        functions.create_function(
            **{
                "FunctionName": name,
                "Runtime": "python3.11",
                "Role": ROLE,
                "Handler": "app.handler",
                "Code": {"ZipFile": zipped(app=source)},
                "Timeout": 10,
                **settings,
            }
        )
        made.append(name)
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return name

    yield make
    for name in made:
        for mapping in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            functions.delete_event_source_mapping(UUID=mapping["UUID"])
        functions.delete_function(FunctionName=name)


@pytest.fixture
def deploy(bare: Callable[[str], Any], unique: str) -> Iterator[Deploy]:
    """Deploys resources, by name, through a change set; answers the stack's status, its reason, and what was to change.

    `parameters` are the template's, with their values as defaults.
    """
    cloudformation = bare("cloudformation")
    made: list[str] = []

    def deployed(*, parameters: Any = None, **resources: Any) -> tuple[str, str, set[str]]:
        name = f"c{time.monotonic_ns()}"
        answer = cloudformation.create_change_set(
            StackName=unique,
            ChangeSetName=name,
            ChangeSetType="UPDATE" if made else "CREATE",
            TemplateBody=json.dumps({"Parameters": parameters or {}, "Resources": resources}),
            Capabilities=["CAPABILITY_IAM"],
        )
        made.append(answer["Id"])
        change_set = eventually(
            lambda: cloudformation.describe_change_set(ChangeSetName=answer["Id"]),
            lambda seen: seen["Status"] in ("CREATE_COMPLETE", "FAILED"),
            timeout=20,
        )
        if "didn't contain changes" in change_set.get("StatusReason", ""):
            return "UNCHANGED", "", set()
        assert change_set["Status"] == "CREATE_COMPLETE", change_set["StatusReason"]
        cloudformation.execute_change_set(ChangeSetName=answer["Id"])
        [stack] = eventually(
            lambda: cloudformation.describe_stacks(StackName=unique)["Stacks"],
            lambda seen: not seen[0]["StackStatus"].endswith("_IN_PROGRESS"),
            timeout=60,
        )
        changes = {change["ResourceChange"]["LogicalResourceId"] for change in change_set["Changes"]}
        return stack["StackStatus"], stack.get("StackStatusReason", ""), changes

    yield deployed
    cloudformation.delete_stack(StackName=unique)
