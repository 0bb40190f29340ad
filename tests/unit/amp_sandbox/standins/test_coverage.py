"""What is said of the operations is true: each is documented and tested, and what it refuses is refused."""

import re
from typing import Any

import pytest
from botocore import xform_name

from amp_sandbox import paths
from amp_sandbox.protocol import AwsError, refuse_unsupported
from amp_sandbox.protocol.registry import Operation, registered_operations
from amp_sandbox.protocol.wire import service_model
from amp_sandbox.standins import coverage

OPERATIONS = [pytest.param(one, id=f"{one.service}:{one.name}") for one in registered_operations()]


def test_the_page_is_what_would_be_written_now() -> None:
    written = coverage.PAGE.read_text()
    assert written == coverage.page(), "write it again: .venv/bin/python -m amp_sandbox.standins.coverage"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_exists_on_aws_and_links_to_its_page(operation: Operation) -> None:
    assert operation.name in service_model(operation.service).operation_names
    assert f"API_{operation.name}.html" in (operation.handler.__doc__ or "")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_tested(operation: Operation) -> None:
    """Some test of its service calls it as boto3 names it."""
    folder = paths.REPOSITORY / "tests" / "unit" / "amp_sandbox" / operation.service.replace("-", "_")
    call = xform_name(operation.name)
    pattern = re.compile(rf"\b{call}\b")
    assert any(pattern.search(file.read_text()) for file in folder.glob("test_*.py")), f"no test calls {call}"


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.values[0].refuses])
def test_a_refused_option_is_one_of_awss_and_is_refused(operation: Operation) -> None:
    shape: Any = service_model(operation.service).operation_model(operation.name).input_shape
    for path in operation.refuses:
        member, params = shape, True
        for name in path.split("."):
            member = member.members[name]
        for name in reversed(path.split(".")):
            params = {name: params}
        with pytest.raises(AwsError, match=re.escape(path)):
            refuse_unsupported(params, *operation.refuses)
