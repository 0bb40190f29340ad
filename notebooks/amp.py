"""What the notebooks share: the platform's own names, the warehouse, waiting, and how plots look.

Where the platform is comes from the environment, as for any AWS client: `AWS_ENDPOINT_URL` and credentials, and
`AMP_STACK`, the CloudFormation stack. Nothing here knows whether that is the sandbox or AWS.

**Left out:** a way around Secrets Manager. A notebook never holds a password.
"""

import json
import os
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import boto3
import matplotlib as mpl
import pandas as pd
import redshift_connector
from IPython.display import display

T = TypeVar("T")

BLUE, ORANGE, GREEN, RED, GREY = "#2f6db3", "#d9822b", "#3f8f5f", "#b5403c", "#8a8f98"


def stack_outputs() -> dict[str, str]:
    """The names of the platform's parts, as the stack tells them."""
    stack = os.environ.get("AMP_STACK", "amp-local")
    [found] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def secret_of(user: str) -> str:
    """The name of the secret that holds a warehouse user's password."""
    stage = os.environ.get("AMP_STACK", "amp-local").removeprefix("amp-")
    return f"amp/{stage}/warehouse/{user}"


def warehouse(user: str = "analyst") -> redshift_connector.Connection:
    """A connection to Redshift as one of its users, encrypted, with the password that Secrets Manager has now."""
    answer = boto3.client("secretsmanager").get_secret_value(SecretId=secret_of(user))
    secret = json.loads(answer["SecretString"])
    clusters = boto3.client("redshift").describe_clusters(
        ClusterIdentifier=secret["dbClusterIdentifier"]
    )
    endpoint = clusters["Clusters"][0]["Endpoint"]
    connection = redshift_connector.connect(
        host=endpoint["Address"],
        port=endpoint["Port"],
        database=secret["dbname"],
        user=secret["username"],
        password=secret["password"],
        ssl=True,
        sslmode="verify-full",
    )
    connection.autocommit = True
    return connection


def query(
    connection: redshift_connector.Connection, sql: str, *parameters: Any
) -> pd.DataFrame:
    """The rows of a statement; each %s in it is a parameter, so that no value is ever pasted into SQL.

    Exact decimals become floats, which pandas and plots can work with.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetch_dataframe()
    exact = [
        name
        for name in rows
        if rows[name].map(lambda value: isinstance(value, Decimal)).any()
    ]
    return rows.astype(dict.fromkeys(exact, float))


def wait_until(probe: Callable[[], T], what: str, timeout: float = 90) -> T:
    """Ask until the answer is one (not None, not empty), and return it; fail with what was awaited."""
    deadline = time.monotonic() + timeout
    while not (seen := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:.0f} s for {what}")
        time.sleep(0.2)
    return seen


def plot_style() -> None:
    """Light plots that leave the ink to the data."""
    mpl.rcParams.update(
        {
            "figure.figsize": (8, 3.6),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, RED, GREY]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": GREY,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e3e6ea",
            "legend.frameon": False,
            "font.size": 10,
        }
    )


def results(**values: float | int | str) -> None:
    """Show what a notebook found: a table for people, and the same as JSON for whoever runs it."""
    table = pd.Series(values, name="result").to_frame()
    shown = table.map(lambda value: f"{value:,.3f}" if isinstance(value, float) else value)
    display(
        {
            "text/plain": str(shown),
            "text/html": shown.to_html(),
            "application/json": values,
        },
        raw=True,
    )
