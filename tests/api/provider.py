"""A small identity provider on loopback: discovery, keys that rotate, and tokens, right ones and forged ones."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "stepwell"


class Provider:
    """Signs with whichever of its keys is named."""

    def __init__(self) -> None:
        self.issuer = ""
        self.is_well = True
        self.asked: list[str] = []
        self.private: dict[str, Any] = {
            "rsa": rsa.generate_private_key(65537, 2048),
            "ec": ec.generate_private_key(ec.SECP256R1()),
            "ed": ed25519.Ed25519PrivateKey.generate(),
        }
        self.served = [self.public(kid) for kid in self.private]
        self.described: dict[str, Any] = {}

    def public(self, kid: str) -> dict[str, Any]:
        """A key as it is served."""
        key = self.private[kid].public_key()
        algorithm = {"rsa": RSAAlgorithm, "ec": ECAlgorithm, "ed": OKPAlgorithm}[kid.partition("-")[0]]
        return {**json.loads(algorithm.to_jwk(key)), "kid": kid, "use": "sig"}

    def claims(self, kind: str = "practitioner", subject: str = "dr-grey", **more: Any) -> dict[str, Any]:
        """Good ones; a claim given as None is left out."""
        now = int(time.time())
        good = {
            **{"iss": self.issuer, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300},
            **{"stepwell_kind": kind, "stepwell_tenant": "default"},
        }
        return {name: value for name, value in (good | more).items() if value is not None}

    def sign(
        self, claims: dict[str, Any], *, kid: str | None = "rsa", by: str | None = None, alg: str = "RS256", **header: Any
    ) -> str:
        """A token under a key's id, signed by that key or by another one."""
        named = {"kid": kid, **header} if kid is not None else header
        return jwt.encode(claims, self.private[by or kid or "rsa"], algorithm=alg, headers=named)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        path = (await reader.readuntil(b"\r\n\r\n")).decode().split()[1]
        self.asked.append(path)
        documents: dict[str, object] = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/keys",
                **self.described,
            },
            "/keys": {"keys": self.served},
        }
        found = documents.get(path) if self.is_well else None
        body = json.dumps(found).encode()
        status = "200 OK" if found is not None else "503 Away"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening_provider() -> AsyncIterator[Provider]:
    """A provider on a port of its own."""
    provider = Provider()
    server = await asyncio.start_server(provider.take, "127.0.0.1", 0)
    provider.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield provider


class Plain:
    """Fetches without a guard, for tests on loopback."""

    async def get_json(self, url: str) -> object:
        """Fetch it."""
        async with httpx.AsyncClient(trust_env=False) as connection:
            answer = await connection.get(url)
            answer.raise_for_status()
            return answer.json()
