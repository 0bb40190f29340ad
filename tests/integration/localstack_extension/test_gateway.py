"""What a web page in the user's browser can do to the sandbox: nothing."""

import pytest
import urllib3
from botocore.exceptions import ClientError

PAGE = {"User-Agent": "Mozilla/5.0", "Sec-Fetch-Site": "cross-site"}
OLD_BROWSER = {"User-Agent": "Mozilla/5.0"}
REBOUND = {"Host": "evil.example"}


@pytest.mark.parametrize("headers", [PAGE, OLD_BROWSER, REBOUND])
def test_an_image_whose_address_is_an_operation_does_nothing(bare, bare_sandbox, unique, headers):
    address = f"{bare_sandbox.localstack_url}/?Action=CreateQueue&QueueName={unique}"
    assert urllib3.request("GET", address, headers=headers).status == 403
    with pytest.raises(bare("sqs").exceptions.QueueDoesNotExist):
        bare("sqs").get_queue_url(QueueName=unique)


@pytest.mark.parametrize("headers", [PAGE, {"Origin": "http://evil.example"}])
def test_a_form_does_not_write_into_a_bucket(bare, bare_sandbox, unique, headers):
    s3 = bare("s3")
    s3.create_bucket(Bucket=unique)
    url = f"{bare_sandbox.localstack_url}/{unique}"
    answer = urllib3.request("POST", url, fields={"key": "k", "file": "x"}, headers=headers)
    assert answer.status == 403
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=unique, Key="k")


def test_every_name_of_this_machine_reaches_the_stand_ins(bare_sandbox):
    for host in ("127.0.0.1", "localhost", "localhost.localstack.cloud:4566"):
        headers = {
            "Host": host,
            "X-Amz-Target": "Firehose_20150804.ListDeliveryStreams",
            "Content-Type": "application/x-amz-json-1.1",
        }
        assert urllib3.request("POST", bare_sandbox.localstack_url, body=b"{}", headers=headers).status == 200
