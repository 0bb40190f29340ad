"""Makes a Redshift cluster what its configuration in DynamoDB says: schemas, external schemas, groups, users, grants.

Run when the platform is deployed, and whenever the configuration was changed. Whatever is there already stays; a run
that failed halfway is run again. `{"dry_run": true}` answers what a run would do, and does nothing.

**Left out:** taking away what the configuration no longer names: see `plan`.
"""

import json
import logging
import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from configuration import ConfigurationError, parse, read_items
from plan import Statement, plan
from state import read_state
from warehouse_client import Endpoint, temporary_connection

log = logging.getLogger(__name__)
logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "INFO"))


def required(name: str) -> str:
    """Return the environment variable; fail the start of the function, naming it, if there is none."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"the environment variable {name} is not set")
    return value


CONFIGURATION_TABLE = required("CONFIGURATION_TABLE")
WAREHOUSE = Endpoint(required("CLUSTER"), required("HOST"), int(required("PORT")), required("DATABASE"))
ADMIN_USER = required("ADMIN_USER")
SECRET_PREFIX = required("SECRET_PREFIX")
WAREHOUSE_ROLE = required("WAREHOUSE_ROLE")

CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
dynamodb = boto3.client("dynamodb", config=CONFIG)
redshift = boto3.client("redshift", config=CONFIG)
secretsmanager = boto3.client("secretsmanager", config=CONFIG)


def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Configure the warehouse, or tell how; answer the statements, as they may be told."""
    dry_run = event.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise ConfigurationError("dry_run must be true or false")
    configuration = parse(read_items(dynamodb, CONFIGURATION_TABLE))
    with temporary_connection(redshift, WAREHOUSE, ADMIN_USER) as connection:
        connection.autocommit = True  # some statements refuse to be in a transaction; a new run takes up the rest
        statements = plan(configuration, read_state(connection), WAREHOUSE_ROLE, _password)
        if not dry_run:
            _run(connection, statements)
    log.info("configured", extra={"dry_run": dry_run, "statements": len(statements)})
    return {"dry_run": dry_run, "statements": [statement.told for statement in statements]}


def _run(connection: Any, statements: list[Statement]) -> None:
    cursor = connection.cursor()
    for statement in statements:
        try:
            cursor.execute(statement.sql)
        except Exception:
            log.error("a statement failed", extra={"statement": statement.told})
            raise
        log.info("done", extra={"statement": statement.told})


def _password(user: str) -> str:
    """The password of a user's secret."""
    secret = SECRET_PREFIX + user
    document = json.loads(secretsmanager.get_secret_value(SecretId=secret)["SecretString"])
    if document.get("username") != user or not document.get("password"):
        raise ConfigurationError(f"the secret {secret} must have the username {user} and a password")
    password: str = document["password"]
    return password
