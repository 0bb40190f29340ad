"""Code that ships to AWS is the same there as here: it knows nothing of the sandbox.

What differs between the two arrives through environment variables that mean the same in both places.
"""

import ast
import re

import pytest

OURS_ALONE = {"amp_sandbox", "amp_localstack", "amp_seed", "localstack", "moto", "support"}
# Names of variables, wherever in the text: read, written or passed on. An endpoint comes from AWS_ENDPOINT_URL, which
# every client reads by itself.
OURS_ALONE_IN_TEXT = re.compile(r"SANDBOX_\w+|LOCALSTACK_\w+|STANDINS_URL|endpoint_url")


def imported(module) -> set[str]:
    """The packages that a module imports, by their first name."""
    names: set[str] = set()
    for node in module.nodes():
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "__import__"}:
            names |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize(
    "text",
    [
        "import amp_sandbox",
        "from amp_sandbox.settings import x",
        "import json, localstack.aws",
        "__import__('amp_seed')",
    ],
)
def test_imports_are_seen_in_every_form(parsed, text):
    assert imported(parsed(text)) & OURS_ALONE


def test_shipped_code_imports_nothing_of_the_sandbox(shipped):
    assert not [(str(module.path), found) for module in shipped if (found := imported(module) & OURS_ALONE)]


def test_shipped_code_does_not_ask_where_it_runs(shipped):
    found = [(str(module.path), OURS_ALONE_IN_TEXT.findall(module.text)) for module in shipped]
    assert not [(path, names) for path, names in found if names]
