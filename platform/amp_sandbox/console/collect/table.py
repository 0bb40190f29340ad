"""Which collectors there are, and how often each is worth calling."""

from collections.abc import Sequence

from amp_sandbox.console.collect.airflow import airflow_collectors
from amp_sandbox.console.collect.batch import batch_collectors
from amp_sandbox.console.collect.facts import Collector, Rates
from amp_sandbox.console.collect.functions import function_collectors
from amp_sandbox.console.collect.streaming import streaming_collectors
from amp_sandbox.console.collect.warehouse import warehouse_collectors
from amp_sandbox.settings import Settings


def collectors(settings: Settings) -> Sequence[Collector]:
    """The collectors of all hops of a sandbox."""
    rates = Rates()
    return (
        *streaming_collectors(settings, rates),
        *function_collectors(settings, rates),
        *batch_collectors(settings),
        *airflow_collectors(settings),
        *warehouse_collectors(settings),
    )
