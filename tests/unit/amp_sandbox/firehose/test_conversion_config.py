"""Limits and defaults are those of https://docs.aws.amazon.com/firehose/latest/APIReference/API_Types.html."""

from typing import Any

import pytest
from support.firehose_fakes import ROLE, definition

from amp_sandbox.firehose import config
from amp_sandbox.firehose.destination import ConfigError, JsonReader


def conversion(**changes: Any) -> dict[str, Any]:
    return {
        "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "amp_raw", "TableName": "events"},
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        **changes,
    }


def test_format_conversion_is_read() -> None:
    settings = conversion(
        InputFormatConfiguration={
            "Deserializer": {
                "OpenXJsonSerDe": {
                    "CaseInsensitive": False,
                    "ConvertDotsInJsonKeysToUnderscores": True,
                    "ColumnToJsonKeyMappings": {"ts": "timestamp"},
                }
            }
        }
    )
    parsed = config.parse_create(
        definition(DataFormatConversionConfiguration=settings, BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 1})
    ).destination
    assert parsed.conversion is not None
    assert (parsed.conversion.database, parsed.conversion.table, parsed.conversion.version) == (
        "amp_raw",
        "events",
        "LATEST",
    )
    assert parsed.conversion.compression == "SNAPPY"
    assert parsed.conversion.reader == JsonReader(
        case_insensitive=False, dots_to_underscores=True, column_to_key=(("ts", "timestamp"),)
    )
    assert parsed.extension == ".parquet"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "orc",
        {"DataFormatConversionConfiguration": conversion(OutputFormatConfiguration={"Serializer": {"OrcSerDe": {}}})},
        "OrcSerDe is not supported",
    ),
    ("table", {"DataFormatConversionConfiguration": conversion(SchemaConfiguration={"RoleARN": ROLE})}, "DatabaseName"),
    (
        "padding",
        {
            "DataFormatConversionConfiguration": conversion(
                OutputFormatConfiguration={"Serializer": {"ParquetSerDe": {"MaxPaddingBytes": 1}}}
            )
        },
        "MaxPaddingBytes",
    ),
    ("serde", {"DataFormatConversionConfiguration": conversion(InputFormatConfiguration={})}, "exactly one"),
]


@pytest.mark.parametrize(("settings", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_settings_that_are_not_valid_or_supported_are_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.parse_create(definition(**settings))
