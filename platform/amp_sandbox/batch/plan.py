"""The Spark jobs of `spark/jobs/` and the order in which they run."""

from collections.abc import Mapping
from dataclasses import dataclass

DAYS = 8  # what `sandbox seed` publishes: a week and today


@dataclass(frozen=True)
class Job:
    """A job: its name, and whether it rebuilds several days at once."""

    name: str
    takes_days: bool = False


# The jobs of a stage are independent of each other; each stage reads what those before it wrote.
STAGES: tuple[tuple[Job, ...], ...] = (
    (Job("show_catalog"), Job("profiles"), Job("events", takes_days=True)),
    (Job("sessions", takes_days=True), Job("show_engagement", takes_days=True)),
    (Job("recommendation_features"),),
    (Job("recommendations"),),
)
JOBS: Mapping[str, Job] = {job.name: job for stage in STAGES for job in stage}
