# SPDX-License-Identifier: Apache-2.0
"""A workload as simple as can be.

workload_program.py FOLDER x509|stream|bundles|jwt|validate [AUDIENCE [TOKEN]]

FOLDER has run/workload.sock and the messages that protoc made; chain.pem, key.pem
and roots.pem are written there. A status that is not OK is said with its text.
"""
import base64
import os
import sys

import grpc

folder, verb = sys.argv[1:3]
sys.path.insert(0, folder)
import workload_pb2 as pb  # noqa: E402  made of our .proto by protoc

HEADER = (("workload.spiffe.io", "true"),)
CHANNEL = grpc.insecure_channel(f"unix://{folder}/run/workload.sock")


def method(kind, name, request, response):
    return kind("/SpiffeWorkloadAPI/" + name, request_serializer=request.SerializeToString,
                response_deserializer=response.FromString)


def certificates(der):
    """DER certificates one behind the other, in PEM."""
    out = ""
    while der:
        assert der[:2] == b"\x30\x82", "each is longer than 255 bytes"
        size = 4 + int.from_bytes(der[2:4], "big")
        out += pem("CERTIFICATE", der[:size])
        der = der[size:]
    return out


def pem(label, der):
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n"


def keep(svid):
    for name, text in (("chain", certificates(svid.x509_svid)), ("roots", certificates(svid.bundle)),
                       ("key", pem("PRIVATE KEY", svid.x509_svid_key))):
        with open(os.path.join(folder, name + ".pem"), "w", encoding="ascii") as file:
            file.write(text)


def x509(is_once):
    fetch = method(CHANNEL.unary_stream, "FetchX509SVID", pb.X509SVIDRequest, pb.X509SVIDResponse)
    for answer in fetch(pb.X509SVIDRequest(), metadata=HEADER, timeout=50 if is_once else 300):
        for svid in answer.svids:
            print("svid", svid.spiffe_id, svid.hint, flush=True)
        for domain in sorted(answer.federated_bundles):
            print("federated", domain, flush=True)
        keep(answer.svids[0])
        if is_once:
            return


def bundles():
    for word, name, request, response in (
            ("x509", "FetchX509Bundles", pb.X509BundlesRequest, pb.X509BundlesResponse),
            ("jwt", "FetchJWTBundles", pb.JWTBundlesRequest, pb.JWTBundlesResponse)):
        fetch = method(CHANNEL.unary_stream, name, request, response)
        print(word, *sorted(next(fetch(request(), metadata=HEADER, timeout=50)).bundles))


def validate(audience, token):
    ask = method(CHANNEL.unary_unary, "ValidateJWTSVID", pb.ValidateJWTSVIDRequest,
                 pb.ValidateJWTSVIDResponse)
    valid = ask(pb.ValidateJWTSVIDRequest(audience=audience, svid=token), metadata=HEADER, timeout=50)
    print("sub", valid.claims["sub"], "exp", int(valid.claims["exp"]))


def jwt(audience):
    fetch = method(CHANNEL.unary_unary, "FetchJWTSVID", pb.JWTSVIDRequest, pb.JWTSVIDResponse)
    token = fetch(pb.JWTSVIDRequest(audience=[audience]), metadata=HEADER, timeout=50).svids[0].svid
    validate(audience, token)
    try:
        validate("other", token)
    except grpc.RpcError as error:
        print("other", error.code().name)


try:
    if verb == "jwt":
        jwt(sys.argv[3])
    elif verb == "validate":
        validate(*sys.argv[3:])
    elif verb == "bundles":
        bundles()
    else:
        x509(verb == "x509")
except grpc.RpcError as error:
    print(error.code().name, error.details(), flush=True)
    sys.exit(1)
