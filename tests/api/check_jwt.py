"""What Docket signs is good for a library of others (PyJWT), and what others sign is no good for Docket."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUDIENCE, ISSUER = "docket-api", "docket"


def check(docket):
    ada = docket.person("ada")
    answer = requests.post(f"{docket.url}/api/v1/auth/token", headers={"cookie": f"docket={ada.cookie}"})
    answer.raise_for_status()
    issued = answer.json()
    token = issued["token"]
    assert (issued["token_type"], issued["expires_in"]) == ("Bearer", 900), issued
    key = jwt.PyJWKClient(f"{docket.url}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    accepted(docket, ada, issued, key)
    refused_by_pyjwt(token, key)
    refused_by_docket(docket, token, key)
    ended_with_its_session(docket, ada, token)


def accepted(docket, ada, issued, key):
    token = issued["token"]
    required = ["aud", "exp", "iat", "iss", "sub"]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER, options={"require": required})
    header = jwt.get_unverified_header(token)
    me = get(docket, "/me", token)
    assert me.status_code == 200 and me.json()["email"] == ada.email, me.text
    assert claims["sub"] == me.json()["id"], claims
    assert claims["exp"] - claims["iat"] == 900 and abs(claims["iat"] - time.time()) < 60, claims
    assert claims["scope"] == issued["scope"] == "tasks:read tasks:write account:read account:write", claims
    assert header["alg"] == "EdDSA" and header["kid"] == key.key_id, header
    # No more of the person than who it is.
    assert ada.email not in json.dumps(claims) and ada.name not in claims.values(), claims


def refused_by_pyjwt(token, key):
    head, body, signature = token.split(".")
    altered = encoded(json.loads(decoded(body)) | {"scope": "everything"})
    for wrong, options, error in [
        (token, {"audience": "another", "issuer": ISSUER}, jwt.InvalidAudienceError),
        (token, {"audience": AUDIENCE, "issuer": "another"}, jwt.InvalidIssuerError),
        (f"{head}.{altered}.{signature}", {"audience": AUDIENCE, "issuer": ISSUER}, jwt.InvalidSignatureError),
        # In a quarter of an hour.
        (token, {"audience": AUDIENCE, "issuer": ISSUER, "leeway": -901, "options": {"verify_iat": False, "verify_nbf": False}}, jwt.ExpiredSignatureError),
    ]:
        try:
            jwt.decode(wrong, key, algorithms=["EdDSA"], **options)
        except error:
            continue
        raise AssertionError(f"not refused: {options}")


def refused_by_docket(docket, token, key):
    claims = jwt.decode(token, options={"verify_signature": False})
    header = jwt.get_unverified_header(token)
    own = Ed25519PrivateKey.generate()
    by = lambda key, claims, **headers: jwt.encode(claims, key, algorithm="EdDSA", headers=header | headers)
    # The public key, in each form in which somebody may take it for a secret.
    public = key.Algorithm.to_jwk(key.key, as_dict=True)
    pem = key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = [pem, pem.strip(), key.key.public_bytes_raw(), json.dumps(public).encode(), public["x"].encode()]
    head, body, signature = token.split(".")
    forged = {
        "alg none": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "alg None, with the kid": f"{encoded(header | {'alg': 'None'})}.{body}.",
        "alg none, with the signature": f"{encoded({'alg': 'none'})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "another signature": f"{head}.{body}.{signature[:-8]}AAAAAAAA",
        "other claims": f"{head}.{encoded(claims | {'sub': '00000000-0000-7000-8000-000000000000'})}.{signature}",
        "another key under our kid": by(own, claims),
        "another key under its own kid": by(own, claims, kid="mine"),
        "another key in the header": by(own, claims, jwk=jwt.algorithms.OKPAlgorithm.to_jwk(own.public_key(), as_dict=True)),
        "keys of elsewhere": by(own, claims, jku="http://127.0.0.1:9/jwks.json"),
        "over": by(own, claims | {"exp": int(time.time()) - 60}),
        "for another audience": by(own, claims | {"aud": "another"}),
        "empty": "..",
        "no token": "eyJ",
    }
    for number, secret in enumerate(secrets):
        forged[f"HS256 with the public key, {number}"] = hs256(header | {"alg": "HS256"}, body, secret)
    for what, wrong in forged.items():
        answer = get(docket, "/me", wrong)
        challenge = answer.headers.get("www-authenticate", "")
        assert answer.status_code == 401 and answer.json()["code"] == "invalid_token", f"{what}: {answer.status_code} {answer.text}"
        assert 'error="invalid_token"' in challenge, f"{what}: {challenge}"
    assert get(docket, "/me", token).status_code == 200


def ended_with_its_session(docket, ada, token):
    requests.post(f"{docket.url}/api/v1/auth/logout", headers={"cookie": f"docket={ada.cookie}"}).raise_for_status()
    answer = get(docket, "/me", token)
    assert answer.status_code == 401, f"a JWT outlives its session: {answer.text}"


def get(docket, path, token):
    return requests.get(f"{docket.url}/api/v1{path}", headers={"authorization": f"Bearer {token}"})


def hs256(header, body, secret):
    # By hand: PyJWT refuses to sign with what looks like a public key.
    signed = f"{encoded(header)}.{body}"
    return f"{signed}.{base64url(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def encoded(value):
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


