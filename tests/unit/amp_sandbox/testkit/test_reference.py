import pytest

from amp_sandbox.testkit import plugin, reference


def test_the_page_is_up_to_date() -> None:
    text = reference.PAGE.read_text()
    assert text == reference.page(text), "run: .venv/bin/python -m amp_sandbox.testkit.reference"


def test_it_has_every_fixture_and_every_option(pytester: pytest.Pytester) -> None:
    told = pytester.runpytest_inprocess("--fixtures").stdout.str()
    fixtures = {name for name in vars(plugin) if name.startswith("amp_")}
    parts = reference.parts()
    assert fixtures == {line.split("`")[1] for line in parts["fixtures"][2:]}
    assert all(name in told for name in fixtures)
    assert [line.split("`")[1] for line in parts["options"][2:]] == ["--amp-home", "--amp-runtime", "--amp-keep"]


def test_a_page_without_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="does not have the part fixtures once"):
        reference.page("# The test kit\n")
