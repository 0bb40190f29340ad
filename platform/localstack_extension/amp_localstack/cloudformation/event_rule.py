"""AWS::Events::Rule: LocalStack's provider leaves out properties that it does not know, and has no update.

**Left out:** event buses other than the default one, `RoleArn` of a rule, and `Tags`; they fail. LocalStack runs a
schedule up to a minute early.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-events-rule.html
"""

import json
from typing import Any

import localstack.services.cloudformation.provider_utils as util
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)
from localstack.services.events.resource_providers.aws_events_rule import EventsRuleProvider

from amp_localstack.cloudformation.api_request import UnknownPropertyError, as_request
from amp_localstack.cloudformation.changes import Properties, unknown

SETTINGS = ("Description", "EventPattern", "ScheduleExpression", "State")
KNOWN = ("Arn", "Id", "Name", "Targets", *SETTINGS)


class EventRule(ResourceProvider):
    """The provider; LocalStack makes one for each operation."""

    TYPE = "AWS::Events::Rule"
    SCHEMA = EventsRuleProvider.SCHEMA

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create the rule and its targets."""
        model = request.desired_state
        model.setdefault("Name", util.generate_default_name(request.stack_name, request.logical_resource_id))
        return _applied(request, {})

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """The rule as EventBridge has it."""
        model = request.desired_state
        found = request.aws_client_factory.events.describe_rule(Name=model["Id"])
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={**model, "Name": found["Name"]})

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change everything but the name in place."""
        model = request.desired_state
        model["Name"] = request.previous_state["Name"]
        return _applied(request, request.previous_state)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete the targets and the rule."""
        model, events = request.desired_state, request.aws_client_factory.events
        if targets := events.list_targets_by_rule(Rule=model["Id"])["Targets"]:
            events.remove_targets(Rule=model["Id"], Ids=[target["Id"] for target in targets])
        events.delete_rule(Name=model["Id"])
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _applied(request: ResourceRequest, before: Properties) -> ProgressEvent:
    model, events = request.desired_state, request.aws_client_factory.events
    if refused := unknown(model, KNOWN):
        return _failed(model, f"{EventRule.TYPE}: {', '.join(refused)} not supported here")
    name = model["Id"] = model["Name"]
    shape = events.meta.service_model.operation_model("PutTargets").input_shape.members["Targets"].member
    try:
        targets = [as_request(target, shape, f"Targets.{n}.") for n, target in enumerate(model.get("Targets") or [])]
    except UnknownPropertyError as error:
        return _failed(model, f"{EventRule.TYPE}: {error}")
    settings = {setting: model[setting] for setting in SETTINGS if model.get(setting)}
    if isinstance(settings.get("EventPattern"), dict):
        settings["EventPattern"] = json.dumps(settings["EventPattern"])
    model["Arn"] = events.put_rule(Name=name, **settings)["RuleArn"]
    if targets:
        answer = events.put_targets(Rule=name, Targets=targets)
        if answer.get("FailedEntryCount"):
            return _failed(model, f"{name}: {_reasons(answer)}")
    kept = {target["Id"] for target in targets}
    if removed := [target["Id"] for target in before.get("Targets") or [] if target["Id"] not in kept]:
        events.remove_targets(Rule=name, Ids=removed)
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _reasons(answer: dict[str, Any]) -> str:
    return "; ".join(f"{entry['TargetId']}: {entry['ErrorMessage']}" for entry in answer["FailedEntries"])


def _failed(model: Any, message: str) -> ProgressEvent:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
