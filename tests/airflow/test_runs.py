"""The days that a run is about."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pendulum
import pytest
from airflow.timetables.base import TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable

from amp_dags.runs import catalogue_day, first_day, last_day, run_mark


@dataclass(frozen=True)
class Run:
    data_interval_start: datetime | None
    run_after: datetime
    start_date: datetime = datetime(2026, 11, 26, 2, 0, 1, tzinfo=UTC)


TWO_OCLOCK = datetime(2026, 11, 26, 2, tzinfo=UTC)
SCHEDULED = Run(TWO_OCLOCK - timedelta(days=1), TWO_OCLOCK)
NO_INTERVAL = Run(None, datetime(2026, 11, 26, 15, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("run", "date", "days", "first", "last"),
    [
        pytest.param(
            SCHEDULED, None, 2, "2026-11-24", "2026-11-25", id="scheduled: the day that is over, and one before"
        ),
        pytest.param(SCHEDULED, None, 1, "2026-11-25", "2026-11-25", id="a day alone"),
        pytest.param(SCHEDULED, "2026-03-01", 2, "2026-02-28", "2026-03-01", id="the date that is asked for"),
        pytest.param(SCHEDULED, "2024-03-01", 366, "2023-03-02", "2024-03-01", id="a year that has a leap day"),
        pytest.param(NO_INTERVAL, None, 2, "2026-11-24", "2026-11-25", id="without an interval: the day before"),
        pytest.param(NO_INTERVAL, "2026-11-26", 8, "2026-11-19", "2026-11-26", id="without an interval, for today"),
    ],
)
def test_days_of_a_run(run, date, days, first, last):
    params = {"date": date, "days": days}
    assert (first_day(run, params), last_day(run, params)) == (first, last)


@pytest.mark.parametrize(
    ("date", "day"),
    [(None, "2026-11-26"), ("2026-03-01", "2026-11-26"), ("2026-11-27", "2026-11-27")],
    ids=["scheduled", "for a day of the past", "for today, by a clock that is ahead"],
)
def test_the_catalogue_is_taken_as_it_is_whichever_day_is_rebuilt(date, day):
    assert catalogue_day(SCHEDULED, {"date": date, "days": 2}) == day


def test_a_backfill_is_of_the_days_before_its_range_and_each_is_one_runs_own():
    """The range is of the moments at which runs are due, which is a day after the day that they are about."""
    timetable = CronTriggerTimetable("0 2 * * *", timezone="UTC", interval=timedelta(days=1))
    restriction = TimeRestriction(pendulum.datetime(2026, 11, 21), pendulum.datetime(2026, 11, 23, 23), catchup=True)
    runs = [Run(info.data_interval.start, info.run_after) for info in _due(timetable, restriction)]
    params = {"date": None, "days": 2}
    assert [last_day(run, params) for run in runs] == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert [first_day(run, params) for run in runs] == ["2026-11-19", "2026-11-20", "2026-11-21"]


def test_marks_tell_runs_apart_and_fit_into_the_name_of_a_job():
    assert run_mark("scheduled__2026-11-25T02:00:00+00:00") != run_mark("scheduled__2026-11-26T02:00:00+00:00")
    # At most 64 characters: https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html
    assert len(f"recommendation_features/2026-11-25/{run_mark('x' * 250)}") <= 64


def _due(timetable, restriction):
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    while info is not None:
        yield info
        info = timetable.next_dagrun_info(last_automated_data_interval=info.data_interval, restriction=restriction)
