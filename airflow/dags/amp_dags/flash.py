"""The daily flash as a page of its own: a day in numbers, against the day before and the week before.

The page needs nothing else: it holds its style, loads nothing, and runs no script, so it can be read from S3, kept, or
sent. It is made of the rows of `reports/daily_flash.sql`; a number that the mart has not is a dash, and never zero.

**Left out:** changes of a page afterwards: it says what was known when its day was rebuilt last, also of the days with
which it compares.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parents[1] / "reports"
TREND_DAYS = 28
MISSING = "–"  # noqa: RUF001 - an en dash is what is meant

_COMPARED = {"day before": 1, "week before": 7}

Number = int | float | Decimal
Numbers = Mapping[str, "Number | None"]


@dataclass(frozen=True)
class Figure:
    """A number as it is written, and how it differs from those of the days before."""

    name: str
    value: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Bar:
    """A day on a plot: how high it is, in per cent of the highest; None without a number."""

    day: date
    height: float | None
    value: str


def days_of(results: Sequence[Mapping[str, Any]]) -> dict[date, Numbers]:
    """The numbers by their days, from the pages of an answer of the Redshift Data API.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_GetStatementResult.html
    """
    found: dict[date, Numbers] = {}
    for result in results:
        names = [column["name"] for column in result["ColumnMetadata"]]
        for record in result["Records"]:
            row = dict(zip(names, (_value(field) for field in record), strict=True))
            day = date.fromisoformat(str(row.pop("dt")))
            found[day] = {name: _number(value) for name, value in row.items()}
    return found


def page(days: Mapping[date, Numbers], day: date) -> str:
    """The page of a day."""
    names = list(next(iter(days.values()), {}))
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("daily_flash.html").render(
        day=day,
        known=day in days,
        compared=list(_COMPARED),
        figures=[_figure(days, day, name) for name in names],
        trends=[(_title(name), list(_bars(days, day, name))) for name in ("listeners", "listened_hours")],
    )


def _figure(days: Mapping[date, Numbers], day: date, name: str) -> Figure:
    value = days.get(day, {}).get(name)
    whole = not any(isinstance(numbers[name], Decimal | float) for numbers in days.values())
    changes = (_change(value, days.get(day - timedelta(days=n), {}).get(name), whole) for n in _COMPARED.values())
    return Figure(_title(name), _written(value, whole), tuple(changes))


def _bars(days: Mapping[date, Numbers], last: date, name: str) -> Iterator[Bar]:
    shown = [last - timedelta(days=n) for n in reversed(range(TREND_DAYS))]
    values = {day: days.get(day, {}).get(name) for day in shown}
    most = max((float(value) for value in values.values() if value is not None), default=0.0) or 1.0
    for day, value in values.items():
        height = None if value is None else round(100 * float(value) / most, 2)
        yield Bar(day, height, _written(value, isinstance(value, int)))


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _written(value: Number | None, whole: bool) -> str:
    if value is None:
        return MISSING
    return f"{value:,.0f}" if whole else f"{value:,.1f}"


def _change(value: Number | None, before: Number | None, whole: bool) -> str:
    if value is None or before is None:
        return MISSING
    difference = _signed(float(value) - float(before), 0 if whole else 1)
    return f"{difference} ({_signed(100 * (float(value) / float(before) - 1), 1)} %)" if before else difference


def _signed(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'+' if value > 0 else '−'}{text}"  # noqa: RUF001 - a minus sign is what is meant


def _value(field: Mapping[str, Any]) -> Any:
    """A field of the Data API, which holds its value under the name of its type."""
    [(kind, value)] = field.items()
    return None if kind == "isNull" else value


def _number(value: Any) -> Number | None:
    """Whole numbers come as such, and those of DECIMAL as texts."""
    return Decimal(value) if isinstance(value, str) else value
