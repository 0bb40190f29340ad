"""AWS::Lambda::Function: an update touches what differs, and is over as soon as Lambda says so.

LocalStack's provider deploys the code again for every change of a setting, asks once a second whether that is done,
leaves settings that were removed as they were, and does not update tags.

**Left out:** ReservedConcurrentExecutions, SnapStart and the other properties not in `SETTINGS`; they fail.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html
"""

from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent, ResourceRequest
from localstack.services.lambda_.resource_providers.aws_lambda_function import (
    LambdaFunctionProvider,
    _get_lambda_code_param,
)

from amp_localstack.cloudformation.changes import Properties, changed, tag_change, unknown

# Settings UpdateFunctionConfiguration takes, with what each is when a template does not give it.
SETTINGS: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "Handler": None,
    "Layers": [],
    "LoggingConfig": None,
    "MemorySize": 128,
    "Role": None,
    "Runtime": None,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
OTHERS = ("Architectures", "Arn", "Code", "FunctionName", "PackageType", "Tags")
STEP = "step"


class Function(LambdaFunctionProvider):
    """The provider; LocalStack makes one for each operation."""

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create, and wait until the function is active."""
        if refused := unknown(request.desired_state, (*SETTINGS, *OTHERS)):
            return _failed(request.desired_state, refused)
        return super().create(request)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """First the code, then the settings, then the tags; called again until Lambda is done with each."""
        before, model = request.previous_state, request.desired_state
        if refused := unknown(model, (*SETTINGS, *OTHERS)):
            return _failed(model, refused)
        model["FunctionName"], model["Arn"] = before["FunctionName"], before["Arn"]
        client = request.aws_client_factory.lambda_
        name = model["FunctionName"]
        current = client.get_function_configuration(FunctionName=name)
        if current.get("LastUpdateStatus") == "InProgress":
            return _in_progress(request, request.custom_context.get(STEP, 0))
        if current.get("LastUpdateStatus") == "Failed":
            reason = current.get("LastUpdateStatusReason", "unknown reason")
            return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=f"{name}: {reason}")
        step = request.custom_context.get(STEP, 0)
        if step == 0 and changed(before, model, "Code", "Architectures"):
            client.update_function_code(FunctionName=name, **_get_lambda_code_param(model, _include_arch=True))
            return _in_progress(request, 1)
        if step <= 1 and (settings := _changed_settings(before, model)):
            client.update_function_configuration(FunctionName=name, **settings)
            return _in_progress(request, 2)
        tags = tag_change(before, model)
        if tags.set:
            client.tag_resource(Resource=model["Arn"], Tags=tags.set)
        if tags.removed:
            client.untag_resource(Resource=model["Arn"], TagKeys=tags.removed)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _changed_settings(before: Properties, after: Properties) -> dict[str, Any]:
    settings = {name: after.get(name, SETTINGS[name]) for name in SETTINGS if changed(before, after, name)}
    for name in ("MemorySize", "Timeout"):
        if name in settings:
            settings[name] = int(settings[name])
    if "Environment" in settings:
        variables = settings["Environment"].get("Variables") or {}
        settings["Environment"] = {"Variables": {key: str(value) for key, value in variables.items()}}
    return {name: value for name, value in settings.items() if value is not None}


def _in_progress(request: ResourceRequest, step: int) -> ProgressEvent:
    return ProgressEvent(OperationStatus.IN_PROGRESS, resource_model=request.desired_state, custom_context={STEP: step})


def _failed(model: dict[str, Any], refused: list[str]) -> ProgressEvent:
    message = f"AWS::Lambda::Function: {', '.join(refused)} not supported here"
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
