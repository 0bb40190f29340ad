"""Which services there are."""

import pytest
from botocore.exceptions import ClientError


def test_a_service_without_a_stand_in_is_an_error_that_names_it(bare):
    with pytest.raises(ClientError, match="glue"):
        bare("glue").get_databases()


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
