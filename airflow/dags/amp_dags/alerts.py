"""Messages to the topic of alerts: a task that failed for good, and a run that takes too long.

**Left out:** messages of retries: what mends itself is in the log.
"""

from datetime import timedelta

from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference

_FAILED = """\
The task {{ ti.task_id }} of {{ ti.dag_id }} failed, at try {{ ti.try_number }} of {{ ti.max_tries + 1 }}.

Run: {{ ti.run_id }}{% if last_day is defined %}, for {{ last_day(dag_run, params) }}{% endif %}
Why: {{ exception }}
Log: {{ ti.log_url }}

What to do:
{{ task.doc_md }}

When it is mended, clear the task with all that follow: the run goes on from there.
"""
_LATE = """\
The run {{ dag_run.dag_run_id }} of {{ dag_run.dag_id }} has not ended after %s. It goes on.

See which task it is at, and that task's log. What each task is for and what to do is in the DAG's documentation.
"""


def task_failed(topic_arn: str) -> SnsNotifier:
    """Tell of a task that failed and is not tried again: what, why, and what to do."""
    # A subject has at most 100 characters: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    subject = "{{ (ti.dag_id ~ ': ' ~ ti.task_id ~ ' failed')[:100] }}"
    return SnsNotifier(aws_conn_id=None, target_arn=topic_arn, subject=subject, message=_FAILED)


def late_after(limit: timedelta, topic_arn: str) -> DeadlineAlert:
    """Tell of a run that has not ended so long after it was queued."""
    told = {
        "aws_conn_id": None,
        "target_arn": topic_arn,
        "subject": "{{ (dag_run.dag_id ~ ' is late')[:100] }}",
        "message": _LATE % limit,
    }
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=limit, callback=AsyncCallback(SnsNotifier, kwargs=told)
    )
