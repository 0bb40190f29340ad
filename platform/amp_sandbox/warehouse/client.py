"""How the `sandbox` command gets into the warehouse: as any user, with a temporary password of the Redshift API.

**Left out:** users that do not exist: the password is made, and the logon fails, as on AWS.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings


@dataclass(frozen=True, repr=False)
class Access:
    """Where the warehouse is, and a login that is good for a quarter of an hour."""

    host: str
    port: int
    database: str
    user: str
    password: str
    certificate: str


@dataclass(frozen=True)
class Answer:
    """A statement's answer: its columns and rows, or without columns its tag (`INSERT 0 3`)."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]
    tag: str


def access(settings: Settings, user: str | None) -> Access:
    """A login of a user; of the master user unless told."""
    redshift = aws.client(settings, "redshift")
    clusters = redshift.describe_clusters()["Clusters"]
    if not clusters:
        raise SandboxError("There is no Redshift cluster yet.", hint="Make one, or deploy a template that has one.")
    cluster = clusters[0]
    made = redshift.get_cluster_credentials(
        ClusterIdentifier=cluster["ClusterIdentifier"],
        DbUser=user or cluster["MasterUsername"],
        DbName=cluster["DBName"],
    )
    endpoint = cluster["Endpoint"]
    tls = paths.warehouse_certificate(settings.home)
    return Access(
        endpoint["Address"], endpoint["Port"], cluster["DBName"], made["DbUser"], made["DbPassword"], str(tls)
    )


def query(settings: Settings, user: str | None, sql: str) -> Iterator[Answer]:
    """Run the statements of a text as a user, and give their answers one after the other."""
    import psycopg

    login = access(settings, user)
    try:
        with psycopg.connect(
            host=login.host,
            port=login.port,
            dbname=login.database,
            user=login.user,
            password=login.password,
            sslmode="verify-full",
            sslrootcert=login.certificate,
            application_name="sandbox sql",
            autocommit=True,
        ) as connection:
            cursor = connection.execute(sql.encode())
            while True:
                columns = tuple(column.name for column in cursor.description or ())
                yield Answer(columns, iter(cursor.fetchall() if columns else []), cursor.statusmessage or "")
                if not cursor.nextset():
                    return
    except psycopg.Error as error:
        raise _failed(error) from None


def open_psql(settings: Settings, user: str | None, arguments: Sequence[str]) -> None:
    """Become psql, logged on as a user. Returns only by an error."""
    program = shutil.which("psql")
    if program is None:
        raise SandboxError("psql is not installed.", hint="Install it (Debian: postgresql-client), or use: sandbox sql")
    # The password is in the environment: a command line is everybody's to see.
    os.execve(program, [program, *arguments], _environment(access(settings, user)))  # noqa: S606 - no shell is wanted


def _environment(login: Access) -> Mapping[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return own | {
        "PGHOST": login.host,
        "PGPORT": str(login.port),
        "PGDATABASE": login.database,
        "PGUSER": login.user,
        "PGPASSWORD": login.password,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": login.certificate,
    }


def _failed(error: Any) -> SandboxError:
    told = error.diag
    message = told.message_primary or str(error).strip()
    detail = f"{message} ({told.sqlstate})" if told.sqlstate else message
    return SandboxError("The query failed.", detail, told.message_hint)
