import base64

import pytest

from amp_sandbox.warehouse.wire.scram import Exchange, ScramError, Verifier

# The example of https://www.rfc-editor.org/rfc/rfc7677 section 3.
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
VERIFIER = Verifier.of("pencil", SALT)
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="


def test_the_exchange_of_the_rfc() -> None:
    exchange = Exchange(VERIFIER, SERVER_NONCE)
    assert exchange.first(FIRST) == (
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    assert exchange.final(FINAL) == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_another_password_proves_nothing() -> None:
    exchange = Exchange(Verifier.of("pencil2", SALT), SERVER_NONCE)
    exchange.first(FIRST)
    assert exchange.final(FINAL) is None


def test_the_empty_user_of_libpq_is_taken() -> None:
    assert Exchange(VERIFIER, "server").first(b"y,,n=,r=client").startswith(b"r=clientserver,")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"n",
        b"n,,",
        b"n,,n=user",
        b"n,a=other,n=user,r=abc",
        b"p=tls-unique,,n=,r=abc",
        b"\xff,,n=,r=a",
        b"n,,r=a,m=x,n=",
    ],
)
def test_first_messages_that_are_none(message: bytes) -> None:
    with pytest.raises(ScramError):
        Exchange(VERIFIER).first(message)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        FINAL.replace(b"c=biws", b"c=eSws"),
        FINAL.replace(b"r=rOpr", b"r=other"),
        FINAL.replace(b",p=d", b",p=\x00"),
        FINAL.replace(b",p=", b",m=x,p="),
        b"\xff",
    ],
)
def test_final_messages_that_are_none(message: bytes) -> None:
    exchange = Exchange(VERIFIER, SERVER_NONCE)
    exchange.first(FIRST)
    with pytest.raises(ScramError):
        exchange.final(message)


def test_an_empty_proof_proves_nothing() -> None:
    exchange = Exchange(VERIFIER, SERVER_NONCE)
    exchange.first(FIRST)
    assert exchange.final(FINAL.partition(b",p=")[0] + b",p=") is None


def test_a_verifier_is_kept_as_text() -> None:
    assert Verifier.parse(str(VERIFIER)) == VERIFIER
    assert str(VERIFIER).startswith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")


def test_a_decoy_has_the_same_salt_each_time_and_fits_nothing() -> None:
    one, other = Verifier.decoy("nobody"), Verifier.decoy("nobody")
    assert one.salt == other.salt != Verifier.decoy("somebody").salt
    assert one.stored_key != other.stored_key
