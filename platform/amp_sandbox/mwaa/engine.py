"""The engine of the MWAA stand-in: it gives an environment what its operations promised.

What is under way is in the store, so a stand-in that is killed goes on with it at its next start. An update that fails
leaves Airflow with the settings from before, as on AWS.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from amp_sandbox.mwaa import store
from amp_sandbox.mwaa.airflow import Airflow, AirflowError
from amp_sandbox.mwaa.configuration import airflow_options
from amp_sandbox.mwaa.store import Environment

log = logging.getLogger(__name__)

_LONGEST_MESSAGE = 1024


def tick(
    connect: Callable[[], sqlite3.Connection],
    airflow: Airflow,
    clock: Callable[[], float],
    arn_of: Callable[[str], str],
) -> None:
    """Take every environment a step on."""
    db = connect()
    for environment in store.list_all(db):
        match environment.status:
            case "CREATING":
                _create(db, airflow, environment, clock)
            case "UPDATING":
                _update(db, airflow, environment)
            case "DELETING":
                airflow.stop()
                store.delete(db, environment.name, arn_of(environment.name))
                log.info("%s is deleted", environment.name)


def _create(db: sqlite3.Connection, airflow: Airflow, environment: Environment, clock: Callable[[], float]) -> None:
    try:
        airflow.configure(airflow_options(environment.settings))
    except AirflowError as error:
        log.warning("%s is not created: %s", environment.name, error)
        update = {"CreatedAt": clock()} | _failed(error)
        store.finish(db, environment, "CREATE_FAILED", environment.settings, update)
    else:
        store.finish(db, environment, "AVAILABLE", environment.settings, None)


def _update(db: sqlite3.Connection, airflow: Airflow, environment: Environment) -> None:
    wanted = environment.wanted or environment.settings
    update = environment.last_update or {}
    try:
        airflow.configure(airflow_options(wanted))
    except AirflowError as error:
        log.warning("%s is not updated: %s", environment.name, error)
        _restore(airflow, environment)
        store.finish(db, environment, "UPDATE_FAILED", environment.settings, update | _failed(error))
    else:
        store.finish(db, environment, "AVAILABLE", wanted, update | {"Status": "SUCCESS"})


def _restore(airflow: Airflow, environment: Environment) -> None:
    try:
        airflow.configure(airflow_options(environment.settings))
    except AirflowError as error:
        log.warning("the configuration of %s is not what it was: %s", environment.name, error)


def _failed(error: AirflowError) -> dict[str, Any]:
    message = " ".join(str(error).split())[:_LONGEST_MESSAGE]
    return {"Status": "FAILED", "Error": {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": message}}
