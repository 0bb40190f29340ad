"""The deployment engine: our resource types, prompt waiting, errors that say what failed, and roll-back.

LocalStack's engine waits five seconds between two looks at a resource, takes an update that a provider does not
implement as done, hides the error of one that failed, and after a failure still deletes what the update would have
replaced, but undoes nothing: the next deployment then meets resources it does not know. A parameter that is a list it
compares with its text of before, so that what has it changes with each deployment.

**Left out:** roll-back triggers and `OnFailure`: a deployment that fails is always rolled back. LocalStack does not
read `DeletionPolicy`, but a bucket that holds objects is never deleted (see `foundation_types`).

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, ChangeSetType, StackStatus
from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
    ChangeSetModelExecutor,
    ChangeSetModelExecutorResult,
    TriggerRollback,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
    PreprocEntityDelta,
    PreprocProperties,
)
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProviderExecutor,
    convert_payload,
)
from localstack.utils.patch import patch

from amp_localstack.cloudformation.airflow_environment import AirflowEnvironment
from amp_localstack.cloudformation.delivery_stream import DeliveryStream
from amp_localstack.cloudformation.event_rule import EventRule
from amp_localstack.cloudformation.foundation_types import Alarm, Bucket, LogGroup, Role
from amp_localstack.cloudformation.function import Function
from amp_localstack.cloudformation.glue_types import Crawler, Database, Table
from amp_localstack.cloudformation.redshift_cluster import Cluster
from amp_localstack.cloudformation.rotation_schedule import RotationSchedule
from amp_localstack.cloudformation.streaming_types import Queue, Stream
from amp_localstack.cloudformation.virtual_cluster import VirtualCluster

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.1
TYPES = {
    "AWS::CloudWatch::Alarm": Alarm,
    "AWS::EMRContainers::VirtualCluster": VirtualCluster,
    "AWS::Events::Rule": EventRule,
    "AWS::Glue::Crawler": Crawler,
    "AWS::Glue::Database": Database,
    "AWS::Glue::Table": Table,
    "AWS::IAM::Role": Role,
    "AWS::Kinesis::Stream": Stream,
    "AWS::KinesisFirehose::DeliveryStream": DeliveryStream,
    "AWS::Lambda::Function": Function,
    "AWS::Logs::LogGroup": LogGroup,
    "AWS::MWAA::Environment": AirflowEnvironment,
    "AWS::Redshift::Cluster": Cluster,
    "AWS::S3::Bucket": Bucket,
    "AWS::SQS::Queue": Queue,
    "AWS::SecretsManager::RotationSchedule": RotationSchedule,
}


@dataclass(frozen=True)
class Done:
    """One thing an execution has done to a resource, as roll-back needs it."""

    action: ChangeAction
    name: str
    type: str
    before: PreprocProperties | None
    model: dict[str, Any]


@dataclass
class _Journal:
    done: list[Done] = field(default_factory=list)
    resources_before: dict[str, Any] = field(default_factory=dict)


def apply() -> None:
    """Patch LocalStack's engine, once."""
    patch(ResourceProviderExecutor.deploy_loop)(_deploy_promptly)
    patch(ResourceProviderExecutor.execute_action)(_execute_action)
    ResourceProviderExecutor.try_load_resource_provider = staticmethod(
        _preferring_ours(ResourceProviderExecutor.try_load_resource_provider)
    )
    patch(ChangeSetModelPreproc.visit_node_parameter)(_parameter_as_before)
    patch(ChangeSetModelExecutor._execute_resource_action)(_execute_and_note)
    patch(ChangeSetModelExecutor.execute)(_execute)
    # The reason of resources that were not reached because of another; AWS's words.
    TriggerRollback.__str__ = lambda _: "Resource creation cancelled"


def _deploy_promptly(original: Callable[..., ProgressEvent], *args: Any, **kwargs: Any) -> ProgressEvent:
    return original(*args, **{"sleep_time": SECONDS_BETWEEN_LOOKS, **kwargs})


def _parameter_as_before(original: Callable[..., Any], self: Any, node: Any) -> Any:
    """A list is one in both states, not only in the new one."""
    delta = original(self, node)
    if isinstance(delta.after, list) and isinstance(delta.before, str):
        return PreprocEntityDelta(before=[item.strip() for item in delta.before.split(",")], after=delta.after)
    return delta


def _preferring_ours(original: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda resource_type: TYPES[resource_type]() if resource_type in TYPES else original(resource_type)


def _execute_action(_: Any, self: Any, provider: Any, payload: Any) -> ProgressEvent:
    request = convert_payload(stack_name=self.stack_name, stack_id=self.stack_id, payload=payload)
    operations = {
        "Add": provider.create,
        "Modify": provider.update,
        "Dynamic": provider.update,
        "Remove": provider.delete,
    }
    action = payload["action"]
    try:
        event: ProgressEvent = operations[action](request)
    except NotImplementedError:
        return _failed(f"LocalStack cannot {_verb(action)} resources of type {request.resource_type}")
    except Exception as error:
        log.debug("%s %s", action, request.logical_resource_id, exc_info=True)
        if action == "Remove" and _means_gone(error):
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        return _failed(f"{_verb(action)} failed: {error}")
    return event


def _verb(action: str) -> str:
    return {"Add": "create", "Remove": "delete"}.get(action, "update")


def _means_gone(error: Exception) -> bool:
    code: str = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return "NotFound" in code or code.startswith("NoSuch") or "NonExistent" in code or "DoesNotExist" in code


def _failed(message: str) -> ProgressEvent:
    return ProgressEvent(OperationStatus.FAILED, resource_model={}, message=message)


def _execute_and_note(original: Callable[..., ProgressEvent], self: Any, **kwargs: Any) -> ProgressEvent:
    event = original(self, **kwargs)
    journal: _Journal | None = getattr(self, "_journal", None)
    if journal is not None and event.status == OperationStatus.SUCCESS:
        journal.done.append(
            Done(
                kwargs["action"],
                kwargs["logical_resource_id"],
                kwargs["resource_type"],
                kwargs["before_properties"],
                event.resource_model,
            )
        )
    return event


def _execute(original: Callable[[Any], Any], self: Any) -> ChangeSetModelExecutorResult:
    stack = self._change_set.stack
    journal = self._journal = _Journal(resources_before=dict(stack.resolved_resources))
    reason = _process(self)
    if reason is None:
        self.process = lambda: None  # done; what is left to LocalStack are the deletions, which come last
        result: ChangeSetModelExecutorResult = original(self)
        return result
    creating = self._change_set.change_set_type == ChangeSetType.CREATE
    stack.set_stack_status(
        StackStatus.ROLLBACK_IN_PROGRESS if creating else StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, reason
    )
    undone = [_undo(self, done) for done in reversed(list(journal.done))]  # each, also after one that fails
    if all(undone):
        status = StackStatus.ROLLBACK_COMPLETE if creating else StackStatus.UPDATE_ROLLBACK_COMPLETE
    else:
        status = StackStatus.ROLLBACK_FAILED if creating else StackStatus.UPDATE_ROLLBACK_FAILED
    stack.set_stack_status(status, reason)
    # LocalStack takes these over into the stack in any case; what failed must not count as deployed.
    self._change_set.resolved_parameters = stack.resolved_parameters
    return ChangeSetModelExecutorResult(
        resources=journal.resources_before, outputs=stack.resolved_outputs, failure_message=reason
    )


def _process(executor: Any) -> str | None:
    """Create and update; answers why that failed, if it did."""
    try:
        executor.process()
    except Exception as error:
        return str(getattr(error, "reason", None) or error)
    return None


def _undo(executor: Any, done: Done) -> bool:
    """Undo one thing; false if that failed, with the reason among the stack's events."""
    as_is = PreprocProperties(properties=done.model)
    adding = done.action == ChangeAction.Add
    action = ChangeAction.Remove if adding else ChangeAction.Modify
    event = executor._execute_resource_action(
        action=action,
        logical_resource_id=done.name,
        resource_type=done.type,
        before_properties=as_is,
        after_properties=None if adding else done.before,
    )
    executor._process_event(
        action=action,
        logical_resource_id=done.name,
        event_status=event.status,
        resource_type=done.type,
        reason=event.message,
    )
    return bool(event.status == OperationStatus.SUCCESS)
