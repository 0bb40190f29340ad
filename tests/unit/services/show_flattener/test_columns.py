import pytest
from hypothesis import given
from hypothesis import strategies as st

HEAD = {
    "change_id": "0f9d3c3a-6d1b-4f0e-9a55-0f3a7e1c2b11",
    "change_type": "show_updated",
    "changed_at": "2026-11-22T10:00:00.000Z",
    "ingested_at": "2026-11-22T10:00:00.123Z",
    "show_id": "show_a",
}


def record(**show):
    return {**HEAD, "show": show}


def test_missing_parts_become_nulls_in_every_column(flattener):
    columns = flattener.columns.COLUMNS
    for show in ({}, dict.fromkeys(("creator", "schedule", "promotion", "settings", "tags", "title"))):
        assert flattener.columns.flatten(record(**show)) == dict.fromkeys(columns) | HEAD


def test_all_lines_have_their_columns_in_the_same_order(flattener):
    sparse = flattener.columns.flatten(record())
    full = flattener.columns.flatten(record(version=1, title="x", creator={"creator_id": "creator_1"}))
    assert list(sparse) == list(full) == list(flattener.columns.COLUMNS)


def test_arrays_stay_arrays(flattener):
    assert flattener.columns.flatten(record(tags=[]))["tags"] == []
    assert flattener.columns.flatten(record(tags=["b", "a"]))["tags"] == ["b", "a"]


def test_what_is_not_listed_is_carried_along_under_its_path(flattener):
    row = flattener.columns.flatten(record(schedule={"slot": {"day": 3}}, ratings=[{"stars": 5}], region=None))
    assert (row["schedule_slot_day"], row["ratings"], row["region"]) == (3, [{"stars": 5}], None)


@pytest.mark.parametrize("bad", [None, [], "x", 3, {}, HEAD, HEAD | {"show": None}, HEAD | {"show": []}])
def test_what_is_no_catalogue_record_is_refused(flattener, bad):
    with pytest.raises(flattener.columns.RecordError):
        flattener.columns.flatten(bad)


@pytest.mark.parametrize("missing", HEAD)
def test_what_identifies_a_change_is_required(flattener, missing):
    for spoilt in ({**HEAD, missing: None}, {name: value for name, value in HEAD.items() if name != missing}):
        with pytest.raises(flattener.columns.RecordError, match=missing):
            flattener.columns.flatten(spoilt | {"show": {}})


@pytest.mark.parametrize(
    ("show", "column"),
    [
        ({"title": 3}, "title"),
        ({"version": "3"}, "version"),
        ({"version": 3.0}, "version"),
        ({"version": True}, "version"),
        ({"settings": {"chat_enabled": 1}}, "settings_chat_enabled"),
        ({"tags": "x"}, "tags"),
        ({"tags": ["x", 1]}, "tags"),
        ({"tags": ["x", None]}, "tags"),
        ({"title": ["x"]}, "title"),
        ({"creator": "Nora"}, "creator"),
        ({"promotion": ["x"]}, "promotion"),
    ],
)
def test_a_value_that_would_change_the_type_of_a_column_is_refused(flattener, show, column):
    with pytest.raises(flattener.columns.RecordError, match=column):
        flattener.columns.flatten(record(**show))


@pytest.mark.parametrize(
    "show",
    [
        {"show_id": "show_b"},
        {"changed_at": "2026-11-22T10:00:00.000Z"},
        {"creator": {"creator_id": "creator_1"}, "creator_id": "creator_2"},
        {"schedule": {"starts_at": "x", "schedule_starts_at": "x"}},
    ],
)
def test_two_values_for_one_column_are_refused(flattener, show):
    with pytest.raises(flattener.columns.RecordError, match="two values"):
        flattener.columns.flatten(record(**show))


leaves = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text() | st.integers(), max_size=3)
names = st.sampled_from(["a", "b", "id", "a_b", "creator", "creator_id", "title", "tags", "starts_at", "schedule"])
nested = st.recursive(leaves, lambda inner: st.dictionaries(names, inner, max_size=4), max_leaves=15)


@given(show=st.dictionaries(names, nested, max_size=8))
def test_no_value_is_lost_and_none_is_made_up(flattener, show):
    """Every value of a record that is accepted is in its row as often as it was in the record."""
    try:
        row = flattener.columns.flatten({**HEAD, "show": show})
    except flattener.columns.RecordError:
        return
    expected = sorted(repr(value) for value in [*HEAD.values(), *values(show)] if value is not None)
    assert sorted(repr(value) for value in row.values() if value is not None) == expected


@given(data=st.data())
def test_any_agreed_record_is_accepted_whole(flattener, data):
    """Here nothing may be refused: each listed column gets any value of its type, or none."""
    kinds = {str: st.text(), bool: st.booleans(), int: st.integers(), list: st.lists(st.text())}
    row = {
        column: data.draw(st.none() | kinds[kind], label=column)
        for column, kind in flattener.columns.COLUMNS.items()
        if column not in HEAD
    }
    show = {"show_id": "show_a"}
    for column, value in row.items():
        group = column.partition("_")[0]
        if group not in flattener.columns.GROUPS:
            show[column] = value
        else:
            ids = ("creator_id", "promotion_id")
            show.setdefault(group, {})[column if column in ids else column.removeprefix(f"{group}_")] = value
    assert flattener.columns.flatten({**HEAD, "show": show}) == HEAD | row


def values(part):
    for value in part.values():
        if isinstance(value, dict):
            yield from values(value)
        else:
            yield value
