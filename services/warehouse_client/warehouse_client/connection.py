"""Connections to a Redshift cluster: by temporary credentials of IAM, or by a user's own password.

https://docs.aws.amazon.com/redshift/latest/mgmt/generating-iam-credentials-steps.html

Connections are encrypted, and the cluster's certificate is checked.

**Left out:** a pool. A function works for seconds and is then idle for hours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redshift_connector
from botocore.client import BaseClient

CONNECT_SECONDS = 10
CREDENTIAL_SECONDS = 900  # the shortest that Redshift gives; they are only needed to log on


@dataclass(frozen=True)
class Endpoint:
    """A cluster: its identifier, where it listens, and its database."""

    cluster: str
    host: str
    port: int
    database: str


@contextmanager
def temporary_connection(redshift: BaseClient, where: Endpoint, user: str) -> Iterator[Any]:
    """A connection of a user of the cluster that needs no password: IAM vouches for the caller."""
    credentials = redshift.get_cluster_credentials(
        ClusterIdentifier=where.cluster,
        DbUser=user,
        DbName=where.database,
        DurationSeconds=CREDENTIAL_SECONDS,
        AutoCreate=False,
    )
    with connect(where, credentials["DbUser"], credentials["DbPassword"]) as connection:
        yield connection


@contextmanager
def connect(where: Endpoint, user: str, password: str) -> Iterator[Any]:
    """A connection that is closed at the end of the block; what was not committed is rolled back."""
    connection = redshift_connector.connect(
        host=where.host,
        port=where.port,
        database=where.database,
        user=user,
        password=password,
        ssl=True,
        sslmode="verify-full",
        timeout=CONNECT_SECONDS,
    )
    try:
        yield connection
    finally:
        connection.close()
