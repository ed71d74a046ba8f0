# SPDX-License-Identifier: Apache-2.0
"""Another trust domain, other.example, by python3-jwt and python3-cryptography alone.

other_domain.py FOLDER bundle                           its SPIFFE bundle; makes its keys
other_domain.py FOLDER token SUBJECT AUDIENCE SECONDS   signed by its JWT key
"""
import base64
import datetime
import json
import os
import sys
import time

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

KID = "other-1"
DAY = datetime.timedelta(days=1)


def root():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other")])
    now = datetime.datetime.utcnow()
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def jwk(use, key, **more):
    numbers = key.public_numbers()
    point = {name: base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
             for name, number in (("x", numbers.x), ("y", numbers.y))}
    return {"use": use, "kty": "EC", "crv": "P-256", **point, **more}


def bundle(folder):
    os.mkdir(folder, 0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    with open(os.path.join(folder, "key.pem"), "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    der = root()
    print(json.dumps({"keys": [jwk("x509-svid", x509.load_der_x509_certificate(der).public_key(),
                                   x5c=[base64.b64encode(der).decode()]),
                               jwk("jwt-svid", key.public_key(), kid=KID)],
                      "spiffe_sequence": 1, "spiffe_refresh_hint": 300}))


def token(folder, subject, audience, seconds):
    with open(os.path.join(folder, "key.pem"), "rb") as file:
        key = file.read()
    now = int(time.time())
    print(jwt.encode({"sub": subject, "aud": [audience], "iat": now - 10, "exp": now + int(seconds)}, key,
                     algorithm="ES256", headers={"kid": KID}))


if sys.argv[2] == "bundle":
    bundle(sys.argv[1])
else:
    token(sys.argv[1], *sys.argv[3:])
