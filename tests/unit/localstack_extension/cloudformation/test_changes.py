import pytest

from amp_localstack.cloudformation.changes import changed, tag_change, tags_of, unknown


def tags(**values: str) -> dict:
    return {"Tags": [{"Key": key, "Value": value} for key, value in values.items()]}


@pytest.mark.parametrize(
    ("before", "after", "to_set", "removed"),
    [
        (tags(), tags(a="1"), {"a": "1"}, []),
        (tags(a="1", b="2"), tags(a="1", b="3"), {"b": "3"}, []),
        (tags(a="1", b="2"), tags(b="2"), {}, ["a"]),
        (tags(a="1"), {}, {}, ["a"]),
        ({}, {"Tags": None}, {}, []),
    ],
)
def test_only_tags_that_differ_are_touched(before, after, to_set, removed):
    change = tag_change(before, after)
    assert (change.set, change.removed) == (to_set, removed)


def test_tags_have_the_list_form_too():
    assert tag_change({}, tags(a="1")).as_list == tags(a="1")["Tags"]
    assert tags_of(tags(a="1", b="2")) == {"a": "1", "b": "2"}


def test_a_property_that_appears_or_goes_has_changed():
    assert changed({}, {"A": 1}, "A")
    assert changed({"A": 1}, {}, "A", "B")
    assert not changed({"A": 1, "B": 1}, {"A": 1, "B": 2}, "A")


def test_unknown_properties_are_named():
    assert unknown({"C": 1, "A": 1, "B": 1}, ["B"]) == ["A", "C"]
