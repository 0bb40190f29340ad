"""Refuse, when a function is created or changed, what the process executor cannot run.

The errors are of the type AWS uses for a bad parameter, so that `sandbox deploy` shows them on the resource at fault.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from amp_localstack.lambda_executor.function_environment import RESERVED

_PYTHON = re.compile(r"python3\.\d+")
# A function is told where AWS is, and which account's keys to use; the rest of these it may not set on AWS either.
_NOT_FOR_FUNCTIONS = RESERVED - {"AWS_LAMBDA_RUNTIME_API"}


def refusal(request: Mapping[str, Any]) -> str | None:
    """Why a CreateFunction or UpdateFunctionConfiguration request is refused, if it is."""
    name = request.get("FunctionName", "the function")
    if request.get("PackageType", "Zip") != "Zip":
        return f"{name}: PackageType {request['PackageType']} is not supported here; functions run from Zip packages"
    runtime = request.get("Runtime")
    if runtime is not None and not _PYTHON.fullmatch(runtime):
        return f"{name}: runtime {runtime} is not supported here; functions run on python3.x"
    return _reserved_keys(request.get("Environment", {}).get("Variables", {}))


def _reserved_keys(variables: Collection[str]) -> str | None:
    # AWS's own words: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    if used := sorted(_NOT_FOR_FUNCTIONS.intersection(variables)):
        return (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(used)}"
        )
    return None
