"""Tokens of the host's identity provider: good ones are let in, and every forgery we could think of is not."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stepwell import Stepwell
from stepwell.access import Caller
from stepwell.api.provider import ProviderKeys
from stepwell.api.tokens import Tokens, Trust, scopes_by_kind
from stepwell.errors import Unavailable
from tests.api.front import Front
from tests.api.provider import AUDIENCE, Plain, Provider, listening_provider


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """An identity provider."""
    async with listening_provider() as up:
        yield up


@pytest.fixture
def clock() -> Clock:
    """By which keys grow old."""
    return Clock()


@pytest.fixture
def tokens(provider: Provider, clock: Clock) -> Tokens:
    """What believes that provider about one tenant."""
    trust = Trust(provider.issuer, AUDIENCE, ("default",))
    return Tokens(trust, ProviderKeys(provider.issuer, Plain(), clock), scopes_by_kind(Stepwell))


@pytest.mark.parametrize(("kid", "alg"), [("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA")])
async def test_SC27_a_good_token_says_who_is_calling(provider: Provider, tokens: Tokens, kid: str, alg: str) -> None:
    """By each algorithm of the list."""
    caller = await tokens.caller_of(provider.sign(provider.claims(), kid=kid, alg=alg))
    assert caller is not None
    assert (caller.tenant, caller.kind, caller.id) == ("default", "practitioner", "dr-grey")


Forge = Callable[[Provider], str]


def _pem(provider: Provider) -> bytes:
    pem: bytes = provider.private["rsa"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def _hs256(provider: Provider) -> str:
    """Signed with the public key as if it were a shared secret; the library refuses to, so by hand."""
    import base64
    import hashlib
    import hmac
    import json

    def part(what: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(what).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT", "kid": "rsa"}) + b"." + part(provider.claims())
    mac = hmac.new(_pem(provider), signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def _with_own_key(provider: Provider, **header: Any) -> str:
    own = rsa.generate_private_key(65537, 2048)
    return jwt.encode(provider.claims(), own, algorithm="RS256", headers={"kid": "rsa", **header})


_NOW = int(time.time())
FORGERIES: dict[str, Forge] = {
    "no algorithm": lambda p: jwt.encode(p.claims(), None, algorithm="none", headers={"kid": "rsa"}),
    "the public key as a secret": _hs256,
    "a signature of somebody else": _with_own_key,
    "its own key in jwk": lambda p: _with_own_key(p, jwk=p.public("rsa")),
    "its own keys at jku": lambda p: p.sign(p.claims(), jku=f"{p.issuer}/keys"),
    "its own keys at x5u": lambda p: p.sign(p.claims(), x5u=f"{p.issuer}/keys"),
    "its own certificate": lambda p: p.sign(p.claims(), x5c=["MIIB"]),
    "something critical": lambda p: p.sign(p.claims(), crit=["b64"], b64=True),
    "the kid of another key": lambda p: p.sign(p.claims(), kid="ec", by="rsa"),
    "the kid of another key of its type": lambda p: p.sign(p.claims(), kid="rsa-2", by="rsa"),
    "no kid": lambda p: p.sign(p.claims(), kid=None),
    "a kid that nobody has": lambda p: p.sign(p.claims(), kid="other", by="rsa"),
    "an algorithm off the list": lambda p: p.sign(p.claims(), alg="RS512"),
    "another issuer": lambda p: p.sign(p.claims(iss="https://issuer.example.org")),
    "an issuer with a slash more": lambda p: p.sign(p.claims(iss=p.issuer + "/")),
    "another audience": lambda p: p.sign(p.claims(aud="another")),
    "other audiences": lambda p: p.sign(p.claims(aud=["another", "stepwell-other"])),
    "expired": lambda p: p.sign(p.claims(iat=_NOW - 900, exp=_NOW - 600)),
    "not valid yet": lambda p: p.sign(p.claims(nbf=int(time.time()) + 300)),
    "issued in the future": lambda p: p.sign(p.claims(iat=int(time.time()) + 300, exp=int(time.time()) + 600)),
    "for ever": lambda p: p.sign(p.claims(exp=int(time.time()) + 10 * 365 * 86400)),
    "expired before it was issued": lambda p: p.sign(p.claims(iat=int(time.time()), exp=int(time.time()) - 10)),
    "a token for something else": lambda p: p.sign(p.claims(), typ="logout+jwt"),
    **{
        f"no {name}": lambda p, name=name: p.sign(p.claims(**{name: None}))  # type: ignore[misc]
        for name in ("iss", "aud", "sub", "exp", "iat", "stepwell_kind", "stepwell_tenant")
    },
    "another tenant": lambda p: p.sign(p.claims(stepwell_tenant="other")),
    "a list of tenants": lambda p: p.sign(p.claims(stepwell_tenant=["default"])),
    "no kind of ours": lambda p: p.sign(p.claims(kind="process")),
    "a subject that is no id": lambda p: p.sign(p.claims(subject="a b\n")),
    "an empty subject": lambda p: p.sign(p.claims(subject="")),
    "too long": lambda p: p.sign(p.claims(more="x" * 9000)),
    "cut short": lambda p: p.sign(p.claims())[:-10],
    "changed": lambda p: p.sign(p.claims()).replace(".", ".A", 1),
    "no token": lambda p: "a.b.c",
}


@pytest.mark.parametrize("forged", FORGERIES)
async def test_SC27_a_forged_token_lets_nobody_in(provider: Provider, tokens: Tokens, forged: str) -> None:
    """A good one beside it is let in, so that it is the forgery which is refused."""
    provider.private["rsa-2"] = rsa.generate_private_key(65537, 2048)
    provider.served.append(provider.public("rsa-2"))
    assert await tokens.caller_of(provider.sign(provider.claims())) is not None
    assert await tokens.caller_of(FORGERIES[forged](provider)) is None


async def test_SC27_a_clock_may_be_a_little_off(provider: Provider, tokens: Tokens) -> None:
    """Half a minute, either way."""
    now = int(time.time())
    early = provider.sign(provider.claims(iat=now + 15, nbf=now + 15, exp=now + 300))
    late = provider.sign(provider.claims(iat=now - 300, exp=now - 15))
    assert await tokens.caller_of(early) is not None
    assert await tokens.caller_of(late) is not None


async def _caller(provider: Provider, tokens: Tokens, kind: str, **more: Any) -> Caller:
    found = await tokens.caller_of(provider.sign(provider.claims(kind, **more)))
    assert found is not None
    return found


async def test_SC27_scopes_are_those_named_and_never_more_than_the_kind_may_have(provider: Provider, tokens: Tokens) -> None:
    """What is dangerous has to be named; what a client may not, no scope gives."""
    host = (await _caller(provider, tokens, "host")).scopes
    assert "clients:write" in host
    assert not host & {"admin", "act", "reveal"}
    assert (await _caller(provider, tokens, "host", scope="admin act reveal openid")).scopes == {"admin", "act"}
    assert (await _caller(provider, tokens, "client", scope="admin act reveal pathways:write answers:read")).scopes == {
        "answers:read"
    }
    assert (await _caller(provider, tokens, "operator", scope="reveal")).scopes == {"reveal"}
    assert (await _caller(provider, tokens, "operator", scope=["reveal"])).scopes == frozenset()
    assert (await _caller(provider, tokens, "practitioner", scope="openid profile")).scopes == frozenset()


async def test_keys_are_fetched_once_and_new_ones_found(provider: Provider, tokens: Tokens, clock: Clock) -> None:
    """A key that nobody knows is asked for at a bounded rate, however many tokens name one."""
    for _ in range(5):
        assert await tokens.caller_of(provider.sign(provider.claims())) is not None
    assert len(provider.asked) == 2
    provider.private["ec-2"] = ec.generate_private_key(ec.SECP256R1())
    provider.served.append(provider.public("ec-2"))
    for _ in range(5):
        assert await tokens.caller_of(provider.sign(provider.claims(), kid="ec-2", alg="ES256")) is None
    assert len(provider.asked) == 2
    clock.at += 31
    assert await tokens.caller_of(provider.sign(provider.claims(), kid="ec-2", alg="ES256")) is not None
    assert len(provider.asked) == 4


async def test_a_key_that_is_withdrawn_lets_nobody_in(provider: Provider, tokens: Tokens, clock: Clock) -> None:
    """Once the keys are asked for again."""
    assert await tokens.caller_of(provider.sign(provider.claims())) is not None
    provider.served = [one for one in provider.served if one["kid"] != "rsa"]
    clock.at += 601
    assert await tokens.caller_of(provider.sign(provider.claims())) is None


async def test_SC30_while_the_provider_is_away_known_keys_go_on_for_an_hour_and_then_nobody_comes_in(
    provider: Provider, tokens: Tokens, clock: Clock
) -> None:
    """Never a pass because nobody could look."""
    good = provider.sign(provider.claims())
    assert await tokens.caller_of(good) is not None
    provider.is_well = False
    clock.at += 1800
    assert await tokens.caller_of(good) is not None
    with pytest.raises(Unavailable):
        await tokens.caller_of(provider.sign(provider.claims(), kid="new", by="rsa"))
    clock.at += 1801
    with pytest.raises(Unavailable):
        await tokens.caller_of(good)
    provider.is_well = True
    clock.at += 6
    assert await tokens.caller_of(good) is not None


async def test_SC30_a_provider_that_was_never_there_lets_nobody_in(provider: Provider, tokens: Tokens) -> None:
    """And is not asked with every request."""
    provider.is_well = False
    for _ in range(10):
        with pytest.raises(Unavailable):
            await tokens.caller_of(provider.sign(provider.claims()))
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    "described", [{"issuer": "https://other.example.org"}, {"jwks_uri": None}, {"jwks_uri": 7}, {"issuer": None}]
)
async def test_a_provider_that_describes_itself_wrongly_is_not_believed(
    provider: Provider, tokens: Tokens, described: dict[str, Any]
) -> None:
    """Its document names it exactly as the settings do."""
    provider.described = described
    with pytest.raises(Unavailable):
        await tokens.caller_of(provider.sign(provider.claims()))


async def test_keys_that_prove_nothing_are_not_taken(provider: Provider, tokens: Tokens) -> None:
    """Shared secrets, private keys, short ones, those for encryption, those of another algorithm."""
    import json

    from jwt.algorithms import RSAAlgorithm

    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is what is refused
    private = json.loads(RSAAlgorithm.to_jwk(provider.private["rsa"]))
    good = provider.public("rsa")
    provider.private |= {"rsa-short": short}
    provider.served = [
        {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "secret", "alg": "HS256"},
        {**private, "kid": "private"},
        {**good, "kid": "sealing", "use": "enc"},
        {**good, "kid": "other", "alg": "RS512"},
        {**good, "kid": "broken", "n": "AQAB"},
        provider.public("rsa-short"),
        {**good, "kid": 7},
        "no key",  # type: ignore[list-item]
        good,
    ]
    assert await tokens.caller_of(provider.sign(provider.claims())) is not None
    for kid in ("private", "sealing", "other", "broken"):
        assert await tokens.caller_of(provider.sign(provider.claims(), kid=kid, by="rsa")) is None, kid
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        weak = provider.sign(provider.claims(), kid="rsa-short")
    assert await tokens.caller_of(weak) is None


async def test_a_gateway_lets_in_whom_its_settings_trust(door: Front, provider: Provider, tmp_path: Path) -> None:
    """From discovery to a practitioner's own clients, with nothing but settings; the tenant is the gateway's own."""
    stepwell = door.of()
    await stepwell.keep_practitioner("dr-grey")
    await stepwell.add_client(id="ann", practitioner="dr-grey")
    await stepwell.add_client(id="bob")
    trusting = {
        "oidc_issuer": provider.issuer,
        "oidc_audience": AUDIENCE,
        "outbound_allow": provider.issuer.removeprefix("http://"),
    }
    async with door.gateway_process(tmp_path, **trusting) as gateway:
        grey = door.connection(provider.sign(provider.claims()), url=gateway.url)
        assert [one["id"] for one in (await grey.get("/clients")).json()["items"]] == ["ann"]
        assert (await grey.get("/clients/bob")).status_code == 404
        forged = door.connection(FORGERIES["another tenant"](provider), url=gateway.url)
        assert (await forged.get("/clients")).status_code == 401
        provider.is_well = False
        unknown = door.connection(provider.sign(provider.claims(), kid="new", by="rsa"), url=gateway.url)
        assert (await unknown.get("/clients")).status_code == 401  # asked a moment ago, and well then
    assert (await door.connection(provider.sign(provider.claims())).get("/clients")).status_code == 401
