"""A sheet as a CSV file, for programs and for spreadsheets.

Numbers are written with a point and nothing else, days as 2026-03-02, and what is missing as nothing. A text that a
spreadsheet would take for a formula gets an apostrophe before it: titles are what people type into the app.

https://www.rfc-editor.org/rfc/rfc4180, https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

from amp_sandbox.console.reports.report import Sheet

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - wide ones count too


def csv_of(sheet: Sheet) -> str:
    """The file."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow([column.key for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_cell(row.get(column.key)) for column in sheet.columns])
    return made.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULAS) else text
