import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

SHOW = {
    "show_id": "show_a",
    "title": "Midnight Vinyl",
    "description": None,
    "status": "scheduled",
    "creator": {"creator_id": "creator_1", "display_name": "Nora", "verified": True},
    "category": "jazz",
    "tags": ["late", "vinyl"],
    "language": "en",
    "schedule": {"starts_at": "…", "ends_at": "…", "timezone": "UTC", "recurrence": "weekly"},
    "promotion": None,
    "settings": {"chat_enabled": True, "polls_enabled": False, "max_co_hosts": 2},
    "artwork_url": "https://images.amp.example/x.jpg",
    "updated_at": "2026-11-22T10:00:00.000Z",
    "version": 4,
}


def test_everything_allowed_passes_unchanged(ingest):
    assert ingest.metadata.allowed_metadata(SHOW) == SHOW


def test_internal_fields_never_pass(ingest):
    show = copy.deepcopy(SHOW) | {"internal_notes": "SECRET", "contract_terms": "SECRET"}
    show["creator"] |= {"email": "SECRET", "internal_notes": "SECRET"}
    show["schedule"]["contract_terms"] = "SECRET"
    assert ingest.metadata.allowed_metadata(show) == SHOW


def test_what_is_missing_stays_missing(ingest):
    assert ingest.metadata.allowed_metadata({"show_id": "show_a", "creator": {}}) == {
        "show_id": "show_a",
        "creator": {},
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", {"x": 1}), ("title", ["x"]), ("tags", "x"), ("tags", [{"x": 1}]), ("tags", [["x"]]), ("creator", "x"),
     ("creator", ["x"]), ("schedule", 3), ("creator", {"display_name": {"email": "x"}})],
)  # fmt: skip
def test_an_allowed_field_of_another_shape_is_refused(ingest, field, value):
    with pytest.raises(ingest.rejected.Rejected, match=rf"bad_metadata: show\.{field}"):
        ingest.metadata.allowed_metadata({field: value})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just("SECRET"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["email", "title", "x"]), inner),
    max_leaves=8,
)
names = st.sampled_from([*SHOW, "internal_notes", "contract_terms", "email"])


@given(show=st.dictionaries(names, json_values))
def test_only_listed_paths_ever_pass(ingest, show):
    try:
        passed = ingest.metadata.allowed_metadata(show)
    except ingest.rejected.Rejected:
        return
    assert set(passed) <= set(SHOW)
    for name, value in passed.items():
        if isinstance(value, dict):
            assert set(value) <= set(ingest.metadata.ALLOWED[name])
            assert not any(isinstance(inner, dict | list) for inner in value.values())
    assert "email" not in json.dumps({k: v for k, v in passed.items() if isinstance(v, dict)})
