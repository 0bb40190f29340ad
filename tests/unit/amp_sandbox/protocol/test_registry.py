import pytest

from amp_sandbox.protocol import operation, registry


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_operations", {})


def test_the_decorator_registers_and_returns_the_function() -> None:
    @operation("glue", "GetDatabase")
    def get_database(_ctx: object, _req: object) -> dict[str, object]:
        return {}

    found = registry.find_operation("glue", "GetDatabase")
    assert found == registry.Operation("glue", "GetDatabase", get_database)
    assert registry.find_operation("glue", "GetTable") is None


def test_operations_and_services_are_listed_in_order() -> None:
    for service, name in [("redshift", "B"), ("glue", "Z"), ("redshift", "A")]:
        operation(service, name)(lambda _ctx, _req: {})
    listed = [(found.service, found.name) for found in registry.registered_operations()]
    assert listed == [("glue", "Z"), ("redshift", "A"), ("redshift", "B")]
    assert registry.registered_services() == ["glue", "redshift"]


def test_a_second_registration_is_a_mistake() -> None:
    operation("glue", "GetDatabase")(lambda _ctx, _req: {})
    with pytest.raises(ValueError, match="glue:GetDatabase is registered twice"):
        operation("glue", "GetDatabase")(lambda _ctx, _req: {})
