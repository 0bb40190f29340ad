import subprocess
import sys

import pytest

from amp_sandbox import testkit


@pytest.mark.parametrize("name", testkit.__all__)
def test_what_is_offered_is_there(name: str) -> None:
    assert getattr(testkit, name).__name__ == name


def test_what_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = testkit.nothing


def test_pytest_loads_the_plugin_without_loading_the_sandbox() -> None:
    code = (
        "import sys, amp_sandbox.testkit.plugin as p;"
        "print([m for m in ('boto3', 'duckdb', 'pydantic', 'psutil', 'amp_seed') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
