"""SQL files are read as they are meant."""

import pytest

from amp_dags.sql import FOLDER, File, files, placeholders, read, statements


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("-- nothing;\n", []),
        ("SELECT 1", ["SELECT 1"]),
        ("-- A; comment.\n\nSELECT 1;\n\n-- Another\nSELECT ';';\n", ["SELECT 1", "SELECT ';'"]),
        ("SELECT 1 -- one; two\nFROM a; SELECT 2;", ["SELECT 1 -- one; two\nFROM a", "SELECT 2"]),
        ("CREATE VIEW v AS SELECT CASE WHEN a THEN 1 END FROM b; SELECT 3", None),
    ],
)
def test_statements_end_at_semicolons_that_are_in_no_text_and_no_comment(text, found):
    if found is None:
        found = [part.strip() for part in text.split(";")]
    assert statements(text) == found


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("SELECT :first_day, :last_day, :first_day", ["first_day", "last_day", "first_day"]),
        ("SELECT ':no', a::date, \"b:no\" -- :no\nFROM c /* :no */ WHERE d = :yes", ["yes"]),
    ],
)
def test_parameters_are_found_where_the_data_api_finds_them(statement, names):
    assert placeholders(statement) == names


def test_marts_are_in_the_order_of_their_numbers():
    assert [file.name for file in files("marts")] == [
        *("engagement_by_show", "engagement_by_creator", "trending_shows", "daily_flash", "promotion_effectiveness"),
        *("retention", "live_listeners"),
    ]


@pytest.mark.parametrize("file", files("checks"), ids=lambda file: file.name)
def test_a_check_is_one_query_and_says_what_it_means(file: File):
    [query] = file.statements
    assert query.startswith(("SELECT", "WITH"))
    assert file.about.endswith(".")
    assert set(file.parameters) <= {"first_day", "last_day"}


def test_what_is_trending_now_replaces_all_rows_in_one_transaction():
    file = read(FOLDER / "near_real_time" / "trending_now.sql")
    assert [statement.split()[0] for statement in file.statements] == ["CREATE", "DELETE", "INSERT"]
    assert file.parameters == ()
