import botocore.session
import pytest

from amp_localstack.cloudformation.api_request import UnknownPropertyError, as_request


@pytest.fixture(scope="module")
def shape():
    session = botocore.session.Session()
    return lambda service, operation: session.get_service_model(service).operation_model(operation).input_shape


def test_names_get_the_case_of_the_api_at_every_depth(shape):
    given = {
        "Name": "c",
        "ContainerProvider": {"Type": "EKS", "Id": "cluster", "Info": {"EksInfo": {"Namespace": "spark"}}},
    }
    assert as_request(given, shape("emr-containers", "CreateVirtualCluster")) == {
        "name": "c",
        "containerProvider": {"type": "EKS", "id": "cluster", "info": {"eksInfo": {"namespace": "spark"}}},
    }


def test_values_get_the_type_of_the_api(shape):
    given = {
        "TableInput": {
            "Retention": "7",
            "StorageDescriptor": {"Compressed": "false", "NumberOfBuckets": -1, "Columns": [{"Name": "a", "Type": 1}]},
            "Parameters": {"skip.header.line.count": 1, "EXTERNAL": True},
        }
    }
    assert as_request(given, shape("glue", "CreateTable")) == {
        "TableInput": {
            "Retention": 7,
            "StorageDescriptor": {"Compressed": False, "NumberOfBuckets": -1, "Columns": [{"Name": "a", "Type": "1"}]},
            "Parameters": {"skip.header.line.count": "1", "EXTERNAL": "true"},
        }
    }


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"Colour": "red"}, "Colour is not supported"),
        ({"Targets": {"S3Targets": [{"Path": "s3://a/"}, {"Depth": 1}]}}, "Targets.S3Targets.1.Depth is not supported"),
    ],
)
def test_a_property_that_the_api_does_not_have_is_named(shape, given, named):
    with pytest.raises(UnknownPropertyError) as error:
        as_request(given, shape("glue", "CreateCrawler"))
    assert str(error.value) == named
