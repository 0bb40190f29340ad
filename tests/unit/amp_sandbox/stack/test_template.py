from pathlib import Path

import pytest

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings
from amp_sandbox.stack.deploy import parameters
from amp_sandbox.stack.template import CodeResource, code_resources, read_parameters, read_template, with_code


def write(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def test_short_tags_become_their_long_form(tmp_path: Path) -> None:
    template = read_template(write(tmp_path, "Resources:\n  A: {Type: T, Properties: {X: !GetAtt B.Arn, Y: !Ref C}}\n"))
    assert template["Resources"]["A"]["Properties"] == {"X": {"Fn::GetAtt": ["B", "Arn"]}, "Y": {"Ref": "C"}}


def test_bad_yaml_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="line 3"):
        read_template(write(tmp_path, "Resources:\n  A: [\n"))


@pytest.mark.parametrize("text", ["- a\n- b\n", "Parameters: {}\n", "Resources: 3\n", ""])
def test_what_is_not_a_template_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SandboxError, match="no Resources"):
        read_template(write(tmp_path, text))


def test_a_missing_template_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="no template"):
        read_template(tmp_path / "template.yaml")


def function(code: object) -> dict[str, object]:
    return {"Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": code}}}}


def test_code_is_found_relative_to_the_template(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    assert list(code_resources(function("./code"), tmp_path)) == [CodeResource("F", tmp_path / "code", is_layer=False)]


@pytest.mark.parametrize("code", ["./nowhere", "s3://bucket/key", {"Bucket": "b", "Key": "k"}, None])
def test_code_that_cannot_be_built_is_refused_by_name(tmp_path: Path, code: object) -> None:
    with pytest.raises(SandboxError, match=r"^F: CodeUri"):
        list(code_resources(function(code), tmp_path))


def test_uploaded_code_replaces_the_folder_and_nothing_else(tmp_path: Path) -> None:
    template = function("./code")
    changed = with_code(template, {"F": "s3://bucket/key.zip"})
    assert changed == function("s3://bucket/key.zip")
    assert template == function("./code")


def test_every_parameter_file_names_parameters_of_the_template_alone() -> None:
    template = read_template(paths.TEMPLATE)
    for file in paths.PARAMETERS.glob("*.toml"):
        assert read_parameters(file).keys() <= template["Parameters"].keys(), file.name


def test_the_aws_parameters_leave_no_required_one_out() -> None:
    template = read_template(paths.TEMPLATE)
    required = {name for name, parameter in template["Parameters"].items() if "Default" not in parameter}
    assert required <= read_parameters(paths.PARAMETERS / "aws.toml").keys()


def test_settings_reach_the_stack() -> None:
    settings = Settings(stage="x", buffer_seconds=7, catalog_api_port=1234)
    values = parameters(settings, read_template(paths.TEMPLATE))
    assert (values["Stage"], values["BufferSeconds"]) == ("x", "7")
    assert values["CatalogApiUrl"] == "http://127.0.0.1:1234"


def test_a_parameter_that_the_template_lost_is_an_error() -> None:
    with pytest.raises(SandboxError, match="no parameter"):
        parameters(Settings(), {"Parameters": {"Stage": {}}})
