"""What Amp reads: reports from the marts, each a plot, a table and a file to take away.

`source` asks the warehouse as the analyst, `days` reads the range of days that is asked for, `report` has the values
that a report is made of, and `plots` draws them. Each report is a module of its own, whose queries are files in `sql/`;
the daily flash's is beside the DAGs, which write the flash as a page of its own from the same rows.

**Left out:** numbers that no mart has. They are shown as missing, and never as zero.
"""

from collections.abc import Mapping

from amp_sandbox.console.reports import business_review, daily_flash, engagement, promotions, retention, trending
from amp_sandbox.console.reports.report import Report

REPORTS: Mapping[str, Report] = {
    one.name: one
    for one in (
        daily_flash.REPORT,
        business_review.REPORT,
        trending.REPORT,
        engagement.REPORT,
        promotions.REPORT,
        retention.REPORT,
    )
}
"""The reports by their names, in the order in which they are listed."""
