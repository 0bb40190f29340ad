"""Tables of app events, as later jobs read them."""

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame, SparkSession

from amp_spark.event_columns import EVENTS, table_name
from amp_spark.schemas import table_schema
from amp_spark.tables import read_dates


def read_events(
    session: SparkSession, transformed: str, types: Iterable[str], dates: Sequence[str]
) -> dict[str, DataFrame]:
    """Some dates of the tables of some types; a type that has had no event has no rows."""
    return {
        event_type: read_dates(
            session, f"{transformed}/{table_name(event_type)}", table_schema(EVENTS[event_type]), dates
        )
        for event_type in types
    }
