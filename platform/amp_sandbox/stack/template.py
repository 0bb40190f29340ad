"""Reading the SAM template and its parameter file, and finding the local code it refers to.

**Left out:** `CodeUri` of container images, nested applications, inline code that refers to files: the template has
none, and `code_resources` refuses what it does not know.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from amp_sandbox.errors import SandboxError

# The property that holds the local folder, for each resource type with code.
# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-layerversion.html
CODE_PROPERTIES = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


@dataclass(frozen=True)
class CodeResource:
    """A function or a layer of the template whose code is a folder of this repository."""

    logical_id: str
    source: Path
    is_layer: bool


def read_template(path: Path) -> dict[str, Any]:
    """The template as plain dictionaries, with short tags (`!Ref`) in their long form (`{"Ref": …}`).

    Raises SandboxError with the line when it is not YAML or not a template.
    """
    try:
        template = yaml_parse(path.read_text())
    except FileNotFoundError:
        raise SandboxError(f"There is no template at {path}.") from None
    except Exception as error:  # PyYAML's errors share no useful base with those of the tag constructors
        raise SandboxError(f"{path.name} is not valid YAML.", str(error)) from None
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise SandboxError(f"{path.name} has no Resources.", hint="Check it with: make lint")
    return template


def read_parameters(path: Path) -> dict[str, str]:
    """The parameter values of a SAM configuration file (`parameter_overrides`), by name."""
    overrides = tomllib.loads(path.read_text())["default"]["deploy"]["parameters"]["parameter_overrides"]
    return dict(override.split("=", 1) for override in overrides)


def code_resources(template: dict[str, Any], folder: Path) -> Iterator[CodeResource]:
    """The functions and layers whose code lies in a folder, given relative to the template's own.

    Raises SandboxError when a folder does not exist, or the code is given in a form that is not supported here.
    """
    for logical_id, resource in template["Resources"].items():
        name = CODE_PROPERTIES.get(resource["Type"])
        if name is None:
            continue
        uri = resource.get("Properties", {}).get(name)
        if not isinstance(uri, str) or uri.startswith("s3://"):
            raise SandboxError(f"{logical_id}: {name} must be a folder of this repository, not {uri!r}.")
        source = (folder / uri).resolve()
        if not source.is_dir():
            raise SandboxError(f"{logical_id}: {name} is {uri}, and there is no such folder.", f"looked in {source}")
        yield CodeResource(logical_id, source, is_layer=name == "ContentUri")


def with_code(template: dict[str, Any], locations: dict[str, str]) -> dict[str, Any]:
    """A copy of the template in which code is where it was uploaded: logical id -> `s3://bucket/key`."""
    resources = dict(template["Resources"])
    for logical_id, location in locations.items():
        resource = resources[logical_id]
        name = CODE_PROPERTIES[resource["Type"]]
        resources[logical_id] = {**resource, "Properties": {**resource["Properties"], name: location}}
    return {**template, "Resources": resources}
