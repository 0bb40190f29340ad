"""Airflow as MWAA would have it: the options of a deployment, and the DAGs' folder on the path.

Nothing is called: no metadata database, no AWS.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from support.airflow_options import DAGS, OPTIONS

# Before anything imports Airflow, which reads its configuration then.
_home = tempfile.TemporaryDirectory(prefix="airflow-of-tests-")
os.environ["AIRFLOW_HOME"] = _home.name
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ.update({f"AIRFLOW__AMP__{name.upper()}": value for name, value in OPTIONS.items()})
sys.path.append(str(DAGS))  # as Airflow does, at the end


@pytest.fixture(scope="session")
def bag() -> Any:
    """The DAGs, read as Airflow reads them."""
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags")


@pytest.fixture
def prepared(bag: Any) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """A task as a worker has it before it is executed, and its context: a run for 2026-11-25 and the day before."""

    def prepare(dag_id: str, task_id: str, run_id: str = "a run", **pulled: str) -> tuple[Any, dict[str, Any]]:
        task = bag.dags[dag_id].get_task(task_id).prepare_for_execution()
        context = {
            "dag_run": SimpleNamespace(run_id=run_id, start_date=datetime(2026, 11, 26, 2, 0, 1, tzinfo=UTC)),
            "params": {"date": "2026-11-25", "days": 2},
            "ti": SimpleNamespace(id=uuid4(), map_index=-1, xcom_pull=lambda task_ids, key: pulled[key]),
        }
        task.render_template_fields(context)
        return task, context

    return prepare
