"""What is changed in LocalStack at start, beyond its plug-in points; each change says why it is needed.

**Left out:** LocalStack has no plug-in point for these. They are written against 4.9.2 exactly, which the lock file
pins; the integration tests fail when one of them no longer applies.
"""

import base64
import contextlib
import logging
import os
import tempfile
from collections import defaultdict
from typing import Any

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.connect import connect_to
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.event_source_mapping.pollers.kinesis_poller import KinesisPoller
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller
from localstack.services.lambda_.invocation import metrics as lambda_metrics
from localstack.services.lambda_.invocation.assignment import AssignmentService
from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment
from localstack.services.lambda_.invocation.logs import QUEUE_SHUTDOWN, LogHandler, LogItem
from localstack.services.lambda_.provider import LambdaProvider
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.services.s3 import provider as s3_provider
from localstack.services.sqs import provider as sqs_provider
from localstack.utils.aws.client_types import ServicePrincipal
from localstack.utils.patch import patch

from amp_localstack import s3_listing, secret_rotation
from amp_localstack.cloudformation import engine as cloudformation_engine
from amp_localstack.event_source.standard_queue import StandardQueuePoller, is_standard_queue
from amp_localstack.lambda_executor.checks import refusal
from amp_localstack.log_delivery import Entry, calls, now_ms, take_waiting
from amp_localstack.metrics import Metric, MetricCounter

log = logging.getLogger(__name__)

AT_TIMESTAMP = "AT_TIMESTAMP"


def apply() -> None:
    """Apply all, once."""
    _pass_client_context()
    _log_to_the_configured_group()
    _let_environments_be_added_while_one_is_looked_for()
    _poll_standard_queues_promptly()
    _keep_the_state_of_an_updated_mapping()
    _read_streams_from_a_time()
    _refuse_what_cannot_run()
    _deliver_logs_together()
    _count_metrics()
    _keep_large_objects_below_the_home()
    s3_listing.apply()
    secret_rotation.apply()
    cloudformation_engine.apply()


def _keep_large_objects_below_the_home() -> None:
    """LocalStack keeps S3 objects over 512 kB in one fixed folder of /tmp, which all sandboxes would share."""
    s3_provider.DEFAULT_S3_TMP_DIR = os.path.join(tempfile.gettempdir(), "s3")


def _pass_client_context() -> None:
    """LocalStack accepts a client context and drops it before the function sees it."""

    @patch(ExecutionEnvironment.invoke)
    def invoke(original: Any, self: Any, invocation: Any) -> Any:
        encoded = invocation.client_context or ""
        self.runtime_executor.client_context = base64.b64decode(encoded).decode()
        return original(self, invocation)


def _log_to_the_configured_group() -> None:
    """LocalStack keeps a function's LoggingConfig and logs to /aws/lambda/<name> all the same."""

    @patch(ExecutionEnvironment.get_log_group_name)
    def get_log_group_name(original: Any, self: Any) -> str:
        configured: str | None = (self.function_version.config.logging_config or {}).get("LogGroup")
        return configured or original(self)


class _Environments(dict[str, Any]):
    """Looked through by one thread while another adds: `values` is a copy."""

    def values(self) -> Any:
        return list(super().values())


def _let_environments_be_added_while_one_is_looked_for() -> None:
    """With concurrent invocations LocalStack's loop ends in "dictionary changed size during iteration"."""

    @patch(AssignmentService.__init__)
    def init(original: Any, self: Any) -> None:
        original(self)
        self.environments = defaultdict(_Environments)


def _poll_standard_queues_promptly() -> None:
    """See `event_source.standard_queue`."""

    @patch(EsmWorkerFactory.get_esm_worker)
    def get_esm_worker(original: Any, self: Any) -> Any:
        worker = original(self)
        if isinstance(worker.poller, SqsPoller) and is_standard_queue(worker.poller.source_arn):
            worker.poller = StandardQueuePoller(worker.poller, self.esm_config, worker._shutdown_event)
        return worker


def _keep_the_state_of_an_updated_mapping() -> None:
    """An update makes a new worker. When the old one ends, LocalStack calls the mapping disabled, which runs on."""

    @patch(EsmWorker.update_esm_state_in_store)
    def update_esm_state_in_store(original: Any, self: Any, new_state: str) -> None:
        workers = SERVICE_PLUGINS.get_service("lambda")._provider.esm_workers
        if workers.get(self.uuid, self) is self:
            original(self, new_state)


def _read_streams_from_a_time() -> None:
    """LocalStack takes a mapping with the starting position AT_TIMESTAMP, and then fails at every attempt to read."""

    @patch(EsmWorkerFactory.get_esm_worker)
    def get_esm_worker(original: Any, self: Any) -> Any:
        worker = original(self)
        if isinstance(worker.poller, KinesisPoller) and self.esm_config["StartingPosition"] == AT_TIMESTAMP:
            worker.poller.stream_parameters["StartingPositionTimestamp"] = self.esm_config["StartingPositionTimestamp"]
        return worker

    @patch(KinesisPoller.initialize_shards)
    def initialize_shards(original: Any, self: Any) -> Any:
        moment = self.stream_parameters.get("StartingPositionTimestamp")
        if moment is None:
            return original(self)
        position = {"StreamARN": self.source_arn, "ShardIteratorType": AT_TIMESTAMP, "Timestamp": moment}
        shards = self.source_client.describe_stream(StreamARN=self.source_arn)["StreamDescription"]["Shards"]
        iterators = (
            (s["ShardId"], self.source_client.get_shard_iterator(ShardId=s["ShardId"], **position)) for s in shards
        )
        return {shard_id: answer["ShardIterator"] for shard_id, answer in iterators}


def _refuse_what_cannot_run() -> None:
    """See `lambda_executor.checks`. Without it, LocalStack would look for Docker at the first invocation."""

    def checked(original: Any, self: Any, context: Any, request: Any) -> Any:
        if reason := refusal(request):
            raise InvalidParameterValueException(reason, Type="User")
        return original(self, context, request)

    patch(LambdaProvider.create_function)(checked)
    patch(LambdaProvider.update_function_configuration)(checked)


def _deliver_logs_together() -> None:
    """See `log_delivery`."""

    @patch(LogHandler.add_logs)
    def add_logs(_: Any, self: Any, item: LogItem) -> None:
        self.log_queue.put(Entry(item.log_group, item.log_stream, item.logs, now_ms()))

    @patch(LogHandler.run_log_loop)
    def run_log_loop(_: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        client = connect_to.with_assumed_role(
            region_name=self.region, role_arn=self.role_arn, service_principal=ServicePrincipal.lambda_
        ).logs
        stopped = False
        while not stopped:
            taken = take_waiting(self.log_queue, self.log_queue.get())
            stopped = QUEUE_SHUTDOWN in taken
            for group, stream, events in calls(entry for entry in taken if isinstance(entry, Entry)):
                try:
                    _put_log_events(client, group, stream, events)
                except Exception as error:
                    log.warning("the logs of %s were not delivered: %s", stream, error)


def _put_log_events(client: Any, group: str, stream: str, events: list[dict[str, Any]]) -> None:
    """Put events into a stream, made first if it is new."""
    try:
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    except client.exceptions.ResourceNotFoundException:
        for create, names in (
            (client.create_log_group, {"logGroupName": group}),
            (client.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
                create(**names)
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def _count_metrics() -> None:
    """See `metrics`."""

    def put(account: str, region: str, namespace: str, data: list[dict[str, Any]]) -> None:
        client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
        client.put_metric_data(Namespace=namespace, MetricData=data)

    counter = MetricCounter(put)

    def lambda_metric(metric: str, value: float, kwargs: Any, account_id: str, region_name: str) -> None:
        dimension = ("FunctionName", kwargs["func_name"])
        counter.add(Metric(account_id, region_name, "AWS/Lambda", metric, dimension, "Count"), value)

    def sqs_metric(
        account_id: str, region: str, queue_name: str, metric: str, value: float = 1, unit: str = "Count"
    ) -> None:
        counter.add(Metric(account_id, region, "AWS/SQS", metric, ("QueueName", queue_name), unit), value)

    lambda_metrics.publish_lambda_metric = lambda_metric
    sqs_provider.publish_sqs_metric = sqs_metric
