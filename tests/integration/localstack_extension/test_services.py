"""Which services there are."""

import pytest
from botocore.exceptions import ClientError


def test_a_service_without_a_stand_in_is_an_error_that_names_it(bare):
    with pytest.raises(ClientError, match="athena"):
        bare("athena").list_work_groups()


def test_redshift_is_answered_by_the_warehouse(bare):
    assert bare("redshift").describe_clusters()["Clusters"] == []
    assert bare("redshift-data").list_statements()["Statements"] == []
    with pytest.raises(ClientError, match="redshift:DescribeClusterSubnetGroups"):
        bare("redshift").describe_cluster_subnet_groups()


def test_glue_is_answered_by_its_stand_in(bare, unique):
    glue = bare("glue")
    glue.create_database(DatabaseInput={"Name": unique})
    assert glue.get_database(Name=unique)["Database"]["CatalogId"] == "000000000000"
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_table(DatabaseName=unique, Name="nothing")
    with pytest.raises(ClientError, match="glue:ListJobs"):
        glue.list_jobs()
    glue.delete_database(Name=unique)


def test_emr_on_eks_is_answered_by_its_stand_in(bare, unique):
    emr = bare("emr-containers")
    cluster = emr.create_virtual_cluster(
        name=unique, containerProvider={"id": unique, "type": "EKS", "info": {"eksInfo": {"namespace": "jobs"}}}
    )["id"]
    assert emr.describe_virtual_cluster(id=cluster)["virtualCluster"]["name"] == unique
    with pytest.raises(emr.exceptions.ResourceNotFoundException):
        emr.describe_job_run(virtualClusterId=cluster, id="nothing")
    with pytest.raises(ClientError, match="emr-containers:ListManagedEndpoints"):
        emr.list_managed_endpoints(virtualClusterId=cluster)
    emr.delete_virtual_cluster(id=cluster)


def test_dynamodb_is_served(bare, unique):
    dynamodb = bare("dynamodb")
    dynamodb.create_table(
        TableName=unique,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
    )
    item = {"k": {"S": "a"}, "v": {"N": "1"}}
    dynamodb.put_item(TableName=unique, Item=item)
    assert dynamodb.get_item(TableName=unique, Key={"k": {"S": "a"}})["Item"] == item
    dynamodb.delete_table(TableName=unique)
