"""Airflow as MWAA would have it: the options of a deployment, and the DAGs' folder on the path.

Nothing is called: no metadata database, no AWS.
"""

import os
import sys
import tempfile

from support.airflow_options import DAGS, OPTIONS

# Before anything imports Airflow, which reads its configuration then.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-of-tests-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ.update({f"AIRFLOW__AMP__{name.upper()}": value for name, value in OPTIONS.items()})
sys.path.append(str(DAGS))  # as Airflow does, at the end
