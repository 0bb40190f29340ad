"""The warehouse's configuration: from `parameters/warehouse.json` into its DynamoDB table, and from there into effect.

On AWS it is the same two calls: docs/how-to/shipping.md.

**Left out:** items that somebody else put into the table. The file is what the table is made to be.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings

FILE = "warehouse.json"
Item = Mapping[str, Any]
Key = tuple[str, str]


def configure(settings: Settings, outputs: Mapping[str, str], parameters: Path) -> tuple[str, ...]:
    """Bring the table to what the file says and have the warehouse configured; answers the statements that were run.

    Raises SandboxError with the function's reason when it cannot.
    """
    _put(settings, outputs["WarehouseConfigurationTable"], _read(parameters / FILE))
    function = outputs["WarehouseConfigFunction"]
    answer = aws.client(settings, "lambda").invoke(FunctionName=function, Payload=b"{}")
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise SandboxError(
            "The warehouse could not be configured.",
            f"{told.get('errorType', '')}: {told.get('errorMessage', '')}",
            f"Mend {FILE} or see: sandbox logs lambda/{function.removesuffix(f'-{settings.stage}')}\n"
            "Then: sandbox deploy",
        )
    return tuple(told["statements"])


def _read(path: Path) -> dict[Key, Item]:
    try:
        items = json.loads(path.read_text())
        found = {(item["kind"], item["name"]): item for item in items}
    except (ValueError, KeyError, TypeError) as error:
        raise SandboxError(f"{path.name} is no list of items, each with kind and name.", repr(error)) from None
    if len(found) != len(items):
        raise SandboxError(f"{path.name} has two items of one kind and name.")
    return found


def _put(settings: Settings, table: str, wanted: Mapping[Key, Item]) -> None:
    """Put what differs and delete what is not wanted."""
    dynamodb = aws.client(settings, "dynamodb")
    present: dict[Key, dict[str, Any]] = {}
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        present |= {(item["kind"]["S"], item["name"]["S"]): item for item in page["Items"]}
    for key, item in wanted.items():
        attributes = {name: _attribute(value) for name, value in item.items()}
        if present.get(key) != attributes:
            dynamodb.put_item(TableName=table, Item=attributes)
    for kind, name in present.keys() - wanted.keys():
        dynamodb.delete_item(TableName=table, Key={"kind": {"S": kind}, "name": {"S": name}})


def _attribute(value: Any) -> dict[str, Any]:
    """A value as DynamoDB has it: texts, and lists of texts."""
    return {"L": [{"S": one} for one in value]} if isinstance(value, list) else {"S": value}
