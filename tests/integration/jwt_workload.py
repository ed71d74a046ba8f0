# SPDX-License-Identifier: Apache-2.0
"""A workload that wants JWT-SVIDs, and who is shown them.

jwt_workload.py MESSAGES-DIRECTORY SOCKET fetch AUDIENCE... [id=SPIFFE-ID]
jwt_workload.py MESSAGES-DIRECTORY SOCKET validate AUDIENCE TOKEN
jwt_workload.py MESSAGES-DIRECTORY SOCKET bundle
jwt_workload.py - - believe BUNDLE-FILE AUDIENCE TOKEN

The last one is a relying party: python3-jwt and the bundle endpoint's answer, and
nothing of ours. Says what it got, or the status it was refused with; exit 0 or 1.
"""
import json
import sys

HEADER = (("workload.spiffe.io", "true"),)
PATIENCE_S = 60


def believe(path, audience, token):
    import jwt

    with open(path, encoding="utf-8") as f:
        keys = [key for key in json.load(f)["keys"] if key["use"] == "jwt-svid"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(jwt.PyJWK(key, algorithm="ES256") for key in keys if key["kid"] == kid)
    claims = jwt.decode(token, key.key, algorithms=["ES256"], audience=audience,
                        options={"require": ["sub", "aud", "exp", "iat", "jti"]})
    print(claims["sub"], claims["exp"] - claims["iat"])


def call(channel, pb, name, request, response):
    method = channel.unary_unary("/SpiffeWorkloadAPI/" + name,
                                 request_serializer=type(request).SerializeToString,
                                 response_deserializer=response.FromString)
    return method(request, metadata=HEADER, timeout=PATIENCE_S)


def ask(channel, pb, verb, words):
    if verb == "fetch":
        spiffe_id = "".join(word[3:] for word in words if word.startswith("id="))
        audience = [word for word in words if not word.startswith("id=")]
        answer = call(channel, pb, "FetchJWTSVID",
                      pb.JWTSVIDRequest(audience=audience, spiffe_id=spiffe_id),
                      pb.JWTSVIDResponse)
        for svid in answer.svids:
            print(svid.spiffe_id, svid.svid, svid.hint)
    elif verb == "validate":
        answer = call(channel, pb, "ValidateJWTSVID",
                      pb.ValidateJWTSVIDRequest(audience=words[0], svid=words[1]),
                      pb.ValidateJWTSVIDResponse)
        print(answer.spiffe_id, answer.claims["sub"])
    elif verb == "bundle":
        method = channel.unary_stream(
            "/SpiffeWorkloadAPI/FetchJWTBundles",
            request_serializer=pb.JWTBundlesRequest.SerializeToString,
            response_deserializer=pb.JWTBundlesResponse.FromString)
        answer = next(method(pb.JWTBundlesRequest(), metadata=HEADER, timeout=PATIENCE_S))
        for domain, jwks in answer.bundles.items():
            print(domain, " ".join(key["kid"] for key in json.loads(jwks)["keys"]))


def main():
    messages, socket, verb, *words = sys.argv[1:]
    if verb == "believe":
        return believe(*words)

    import grpc

    sys.path.insert(0, messages)
    import workload_pb2 as pb

    try:
        with grpc.insecure_channel("unix://" + socket) as channel:
            ask(channel, pb, verb, words)
    except grpc.RpcError as error:
        print(error.code().name, error.details())
        sys.exit(1)


main()
