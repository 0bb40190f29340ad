"""Writes the reference parts of `docs/how-to/test-kit.md` from the code: `python -m amp_sandbox.testkit.reference`.

The rest of the page is written by hand; the parts are between comments that name them. A test fails when one is not
what would be written now.

**Left out:** types, which an editor shows.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from amp_sandbox import paths
from amp_sandbox.testkit import Names, Publish, Sandbox, Wait, plugin

PAGE = paths.DOCS / "how-to" / "test-kit.md"


def page(text: str) -> str:
    """The page's text with each reference part as it is to be."""
    for name, lines in parts().items():
        part = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if len(part.findall(text)) != 1:
            raise ValueError(f"{PAGE.name} does not have the part {name} once")
        body = "".join(f"{line}\n" for line in lines)
        text = part.sub(lambda found, body=body: found[1] + body + found[2], text)  # type: ignore[misc]
    return text


def parts() -> dict[str, list[str]]:
    """The reference parts, each as its lines."""
    classes: tuple[type, ...] = (Sandbox, Publish, Wait, Names)
    return {
        "fixtures": ["| Fixture | Scope | What it is |", "| --- | --- | --- |", *_fixtures()],
        "options": ["| Option | Configuration file | Meaning |", "| --- | --- | --- |", *_options()],
        **{one.__name__: list(_members(one)) for one in classes},
    }


def _fixtures() -> Iterator[str]:
    for node in ast.parse(inspect.getsource(plugin)).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            text = ast.unparse(decorator)
            if text.startswith("pytest.fixture"):
                scope = "session" if "session" in text else "test"
                told = " ".join((ast.get_docstring(node) or "").split())
                yield f"| `{node.name}` | {scope} | {told} |"


def _options() -> Iterator[str]:
    declared = _Declared()
    plugin.pytest_addoption(declared)  # type: ignore[arg-type]
    for name, told in declared.options.items():
        ini = name.removeprefix("--").replace("-", "_")
        default = declared.files.get(ini)
        file = "" if default is None else f"`{ini}`" + (f" (`{default}`)" if default else "")
        yield f"| `{name}` | {file} | {told} |"


class _Declared:
    """Takes what the plugin declares, as pytest's parser does."""

    def __init__(self) -> None:
        self.options: dict[str, str] = {}
        self.files: dict[str, str] = {}

    def getgroup(self, name: str, description: str) -> "_Declared":
        return self

    def addoption(self, name: str, *, help: str, **values: Any) -> None:  # noqa: A002 - pytest's name
        self.options[name] = help

    def addini(self, name: str, help: str, default: str) -> None:  # noqa: A002
        self.files[name] = default


def _members(one: type) -> Iterator[str]:
    for name, member in vars(one).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield f"- `{name}`: {_first(member)}"
        elif inspect.isfunction(member):
            yield f"- `{name}{_signature(member)}`: {_first(member)}"


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name != "self"
    ]
    told = str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))
    return told.replace("<class 'bool'>", "bool")


def _first(member: object) -> str:
    return " ".join((inspect.getdoc(member) or "").split("\n\n")[0].split())


def main() -> None:
    """Write the page again."""
    Path(PAGE).write_text(page(PAGE.read_text()))


if __name__ == "__main__":
    main()
