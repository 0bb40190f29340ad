"""The page that says which AWS operations the sandbox serves, written from the registry and AWS's models.

**Left out:** members inside structures that are not refused as a whole; what an operation leaves out of them is in
its docstring, which the page repeats.
"""

import inspect
import re
from collections.abc import Sequence

from amp_sandbox.protocol.registry import Operation, registered_operations, registered_services
from amp_sandbox.protocol.wire import service_model

_INTRODUCTION = """\
What the sandbox's own stand-ins serve behind the AWS endpoint; LocalStack serves the other services. Nothing is
accepted and ignored: an operation or option that is not supported is answered with the error `NotImplemented`, or
with the service's own error for an invalid argument, and named in its message. The few options that are taken and have
no effect here are named below with the reason."""
_LEFT_OUT = re.compile(r"^Left out: (.*?)(?=^https?://|\Z)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"^https://docs\.aws\.amazon\.com/\S+$", re.MULTILINE)


def coverage_page(note: str) -> str:
    """The page in Markdown: per service, each operation's options, what it leaves out, and what is not served."""
    blocks = [
        "# AWS operations",
        note,
        _INTRODUCTION,
    ]
    for service in registered_services():
        blocks += _service(service, [one for one in registered_operations() if one.service == service])
    return "\n\n".join(blocks) + "\n"


def _service(service: str, operations: Sequence[Operation]) -> list[str]:
    model = service_model(service)
    served = {operation.name for operation in operations}
    others = [f"`{name}`" for name in model.operation_names if name not in served]
    full_name = model.metadata["serviceFullName"]
    return [
        f"## {full_name} (`{service}`)",
        f"{len(served)} of {len(model.operation_names)} operations. Refused by name: {', '.join(others) or 'none'}.",
        *(_operation(operation) for operation in operations),
    ]


def _operation(operation: Operation) -> str:
    text = inspect.cleandoc(operation.handler.__doc__ or "")
    link, left_out = _LINK.search(text), _LEFT_OUT.search(text)
    shape = service_model(operation.service).operation_model(operation.name).input_shape
    members = [] if shape is None else [name for name in shape.members if name not in operation.refuses]
    lines = [
        f"### {f'[{operation.name}]({link[0]})' if link else operation.name}",
        "",
        " ".join(text.split("\n\n")[0].split()),
        "",
        f"- Takes {_names(members)}",
    ]
    if operation.refuses:
        lines.append(f"- Refuses {_names(operation.refuses)}")
    if left_out:
        lines.append(f"- Left out: {' '.join(left_out[1].split())}")
    return "\n".join(lines)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"
