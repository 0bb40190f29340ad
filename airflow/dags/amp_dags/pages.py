"""Pages that a run writes to S3, of what a query answers."""

from datetime import date, timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from amp_dags import flash
from amp_dags.options import option
from amp_dags.runs import FIRST_DAY, LAST_DAY
from amp_dags.sql import read
from amp_dags.warehouse import WarehouseOperator

# Names with an underscore are no tables: the crawler passes them over.
PREFIX = "_pages/daily_flash/"
HTML = "text/html; charset=utf-8"


class FlashOperator(WarehouseOperator):
    """Writes the daily flash of each day of the run, in place of one that is there; answers the last one's address."""

    def __init__(self, **kwargs: Any) -> None:
        [query] = read(flash.FOLDER / "daily_flash.sql").statements
        days = {"first_day": FIRST_DAY, "last_day": LAST_DAY}
        super().__init__(sql=query, values=days, return_sql_result=True, **kwargs)
        self.bucket = option("transformed_bucket")

    def get_sql_results(self, statement_id: str, return_sql_result: bool) -> Any:
        """Write the pages."""
        found = flash.days_of(list(self.results(statement_id)))
        days = {one["name"]: date.fromisoformat(one["value"]) for one in self.parameters}
        hook = S3Hook(aws_conn_id=None)
        for after in range((days["last_day"] - days["first_day"]).days + 1):
            day = days["first_day"] + timedelta(days=after)
            page = flash.page(found, day).encode()
            hook.conn.put_object(Bucket=self.bucket, Key=_key(day), Body=page, ContentType=HTML)
        return f"s3://{self.bucket}/{_key(days['last_day'])}"


def _key(day: date) -> str:
    return f"{PREFIX}{day.isoformat()}.html"
