"""Tables of app events, as later jobs read them."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import DataFrame, SparkSession

from amp_spark.event_columns import EVENTS, table_name
from amp_spark.schemas import table_schema
from amp_spark.tables import read_dates

# To read a table is to list it first: a few requests, one after the other.
_READ_AT_ONCE = 8


def read_events(
    session: SparkSession, transformed: str, types: Iterable[str], dates: Sequence[str]
) -> dict[str, DataFrame]:
    """Some dates of the tables of some types; a type that has had no event has no rows."""

    def read(event_type: str) -> tuple[str, DataFrame]:
        uri = f"{transformed}/{table_name(event_type)}"
        return event_type, read_dates(session, uri, table_schema(EVENTS[event_type]), dates)

    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        return dict(pool.map(read, types))
