import pytest

from amp_sandbox.protocol import AwsError, not_implemented, refuse_unsupported


@pytest.mark.parametrize(
    "params",
    [{}, {"Force": None}, {"Force": False}, {"Outer": {}}, {"Outer": {"Inner": []}}, {"Outer": "text"}],
)
def test_refuse_unsupported_passes_what_asks_for_nothing(params: dict[str, object]) -> None:
    refuse_unsupported(params, "Force", "Outer.Inner")


@pytest.mark.parametrize(
    ("params", "named"),
    [({"Force": True}, "Force"), ({"Force": 0}, "Force"), ({"Outer": {"Inner": "x"}}, "Outer.Inner")],
)
def test_refuse_unsupported_names_the_option(params: dict[str, object], named: str) -> None:
    with pytest.raises(AwsError, match=f"the option {named}") as raised:
        refuse_unsupported(params, "Force", "Outer.Inner")
    assert (raised.value.code, raised.value.status) == ("NotImplemented", 501)


def test_not_implemented_says_what() -> None:
    assert not_implemented("the operation glue:CreateJob").message == (
        "The sandbox does not support the operation glue:CreateJob."
    )
