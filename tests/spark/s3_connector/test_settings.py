"""Which settings count, which are refused by name, and that requests are signed as AWS's own library signs them."""

from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.hadoop import HadoopFs, message
from support.s3_proxy import Proxy

KEYS = {"fs.s3a.access.key": "test", "fs.s3a.secret.key": "test"}


def connect(gateway: Any, given: dict[str, Any]) -> HadoopFs:
    return HadoopFs(gateway.jvm, gateway, "s3a://bucket", given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "No credentials for s3://bucket: set both fs.s3a.access.key and fs.s3a.secret.key"),
        ({"fs.s3a.access.key": "test"}, "No credentials"),
        (KEYS | {"fs.s3a.endpoint": "http://"}, "fs.s3a.endpoint is no endpoint: http://"),
        (KEYS | {"fs.s3a.endpoint": "ftp://host"}, "fs.s3a.endpoint is no endpoint"),
        (KEYS | {"fs.s3a.multipart.size": "1M"}, "fs.s3a.multipart.size is 1048576; it must be from 5242880"),
        (KEYS | {"fs.s3a.multipart.size": "much"}, "fs.s3a.multipart.size is no number: much"),
        (KEYS | {"fs.s3a.connection.timeout": "soon"}, "fs.s3a.connection.timeout is no time: soon"),
        (KEYS | {"fs.s3a.attempts.maximum": "0"}, "fs.s3a.attempts.maximum is 0"),
        (KEYS | {"fs.s3a.bucket.bucket.attempts.maximum": "0"}, "fs.s3a.bucket.bucket.attempts.maximum is 0"),
        (KEYS | {"fs.s3a.encryption.algorithm": "SSE-KMS"}, "fs.s3a.encryption.algorithm is not supported"),
        (KEYS | {"fs.s3a.committer.name": "magic"}, "fs.s3a.committer.name is not supported"),
        (KEYS | {"fs.s3a.aws.credentials.provider": "com.example.Vault"}, "com.example.Vault is not supported"),
    ],
    ids=str,
)
def test_setting_that_cannot_be_met_is_an_error_that_names_it(
    given: dict[str, Any], expected: str, gateway: Any
) -> None:
    assert expected in message(lambda: connect(gateway, given))


def test_settings_of_a_bucket_win(gateway: Any, proxy: Proxy, bucket: str) -> None:
    given = KEYS | {"fs.s3a.endpoint": "http://127.0.0.1:1", f"fs.s3a.bucket.{bucket}.endpoint": proxy.url}
    fs = HadoopFs(gateway.jvm, gateway, f"s3a://{bucket}", given)
    assert fs.ls("") == []
    fs.java.close()


@pytest.mark.parametrize("token", [None, "a-session-token"])
def test_requests_are_signed_as_botocore_signs_them(token: str | None, make_fs: Any, proxy: Proxy) -> None:
    more = {"session_token": token} if token else {}
    fs = make_fs(endpoint_region="eu-west-3", **more)
    fs.write("d 1/ü+=&'()*~f", b"abc")
    fs.rename("d 1", "e")
    fs.ls("e")
    fs.read("e/ü+=&'()*~f")
    fs.delete("e")
    assert {"PutObject", "CopyObject", "List", "GetObject", "DeleteObjects", "HeadObject"} <= set(proxy.operations())
    auth = S3SigV4Auth(Credentials("test", "secret-of-the-test", token), "s3", "eu-west-3")
    for seen in proxy.seen:
        given = seen.headers["authorization"]
        signed = given.split("SignedHeaders=")[1].split(",")[0].split(";")
        assert {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed)
        assert ("x-amz-security-token" in signed) == (token is not None)
        request = AWSRequest(seen.method, proxy.url + seen.path, {n: seen.headers[n] for n in signed}, seen.body)
        request.context["timestamp"] = seen.headers["x-amz-date"]
        request.context["signing"] = {}
        expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        assert given.endswith(f"Signature={expected}"), seen.operation


def test_anonymous_requests_are_not_signed(make_fs: Any, proxy: Proxy) -> None:
    fs = make_fs(aws_credentials_provider="org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider")
    fs.ls("")
    assert "authorization" not in proxy.seen[0].headers


def test_bucket_is_in_the_host_name_when_asked_for(make_fs: Any, proxy: Proxy, bucket: str) -> None:
    """`*.localhost` is this machine (RFC 6761); where a resolver does not know that, the error shows the name."""
    port = proxy.url.rpartition(":")[2]
    fs = make_fs(endpoint=f"http://localhost:{port}", path_style_access="false", attempts_maximum=1)
    try:
        fs.ls("")
    except Exception as error:
        assert f"{bucket}.localhost" in str(error)  # noqa: PT017 (either outcome proves the name)
    else:
        assert proxy.seen[0].headers["host"] == f"{bucket}.localhost:{port}"
