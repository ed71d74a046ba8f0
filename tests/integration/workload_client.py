# SPDX-License-Identifier: Apache-2.0
"""The Workload API as python3-grpcio speaks to it: what each method answers, and
how streams follow what changes. The server is workload_server.

workload_client.py SERVER-PROGRAM MESSAGES-DIRECTORY [TEST]
"""
import os
import subprocess
import sys
import tempfile

import grpc

sys.path.insert(0, sys.argv[2])
import workload_pb2 as pb  # noqa: E402  made of our .proto by protoc

HEADER = (("workload.spiffe.io", "true"),)
PATIENCE_S = 60
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Server:
    def __init__(self, *limits):
        self.directory = tempfile.mkdtemp(prefix="attestd-workload-")
        self.path = os.path.join(self.directory, "workload.sock")
        self.process = subprocess.Popen(
            [sys.argv[1], self.path, *map(str, limits)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        assert line == "ok\n", line

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.answer()

    def channel(self):
        return grpc.insecure_channel(
            "unix://" + self.path, options=[("grpc.use_local_subchannel_pool", 1)])

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        assert self.process.returncode == 0, self.process.returncode
        assert not os.path.exists(self.path), "the socket stays"
        os.rmdir(self.directory)


def method(channel, name, is_stream):
    request, response = {
        "FetchX509SVID": (pb.X509SVIDRequest, pb.X509SVIDResponse),
        "FetchX509Bundles": (pb.X509BundlesRequest, pb.X509BundlesResponse),
        "FetchJWTSVID": (pb.JWTSVIDRequest, pb.JWTSVIDResponse),
        "FetchJWTBundles": (pb.JWTBundlesRequest, pb.JWTBundlesResponse),
        "ValidateJWTSVID": (pb.ValidateJWTSVIDRequest, pb.ValidateJWTSVIDResponse),
    }[name]
    make = channel.unary_stream if is_stream else channel.unary_unary
    return make("/SpiffeWorkloadAPI/" + name, request_serializer=request.SerializeToString,
                response_deserializer=response.FromString)


def stream(channel, name, request, metadata=HEADER, timeout=PATIENCE_S):
    return method(channel, name, True)(request, metadata=metadata, timeout=timeout)


def expect(code, call, text=None):
    try:
        got = call()
    except grpc.RpcError as error:
        assert error.code() == code, (error.code(), error.details())
        assert text is None or text in error.details(), error.details()
        return
    raise AssertionError(f"{code} was expected, and an answer came: {got}")


@test
def an_x509_stream_sends_at_once_and_again_at_each_change(server, channel):
    answers = stream(channel, "FetchX509SVID", pb.X509SVIDRequest())
    first = next(answers)
    assert [s.spiffe_id for s in first.svids] == ["spiffe://example.org/web/1"]
    assert first.svids[0].x509_svid_key == b"key 0" and first.svids[0].hint == "first"
    assert first.svids[0].bundle == b"roots"
    assert dict(first.federated_bundles) == {"spiffe://other.example": b"other roots"}
    server.tell("rotate")
    assert next(answers).svids[0].x509_svid == b"chain 1"
    server.tell("give 3")
    assert len(next(answers).svids) == 3
    answers.cancel()


@test
def a_stream_says_nothing_where_nothing_changed(server, channel):
    answers = stream(channel, "FetchX509SVID", pb.X509SVIDRequest())
    next(answers)
    server.tell("give 1")
    server.tell("rotate")
    assert next(answers).svids[0].x509_svid == b"chain 1"
    answers.cancel()


@test
def a_revocation_closes_streams_with_permission_denied(server, channel):
    answers = [stream(channel, "FetchX509SVID", pb.X509SVIDRequest()),
               stream(channel, "FetchX509Bundles", pb.X509BundlesRequest()),
               stream(channel, "FetchJWTBundles", pb.JWTBundlesRequest())]
    for answer in answers:
        next(answer)
    server.tell("deny")
    for answer in answers:
        expect(grpc.StatusCode.PERMISSION_DENIED, lambda answer=answer: next(answer))
    expect(grpc.StatusCode.PERMISSION_DENIED,
           lambda: next(stream(channel, "FetchX509SVID", pb.X509SVIDRequest())),
           "no identity issued")
    server.tell("give 1")
    assert len(next(stream(channel, "FetchX509SVID", pb.X509SVIDRequest())).svids) == 1


@test
def who_is_not_ready_is_unavailable(server, channel):
    server.tell("unready")
    for name, request in (("FetchX509SVID", pb.X509SVIDRequest()),
                          ("FetchX509Bundles", pb.X509BundlesRequest()),
                          ("FetchJWTBundles", pb.JWTBundlesRequest())):
        expect(grpc.StatusCode.UNAVAILABLE,
               lambda name=name, request=request: next(stream(channel, name, request)))
    expect(grpc.StatusCode.UNAVAILABLE,
           lambda: method(channel, "FetchJWTSVID", False)(
               pb.JWTSVIDRequest(audience=["api"]), metadata=HEADER, timeout=PATIENCE_S))


@test
def the_security_header_must_be_there_once_and_true(server, channel):
    for metadata in ((), (("workload.spiffe.io", "false"),), (("workload.spiffe.io", "True"),),
                     HEADER + HEADER, HEADER + (("workload.spiffe.io", "1"),)):
        expect(grpc.StatusCode.INVALID_ARGUMENT,
               lambda metadata=metadata: next(stream(
                   channel, "FetchX509SVID", pb.X509SVIDRequest(), metadata)),
               "security header missing")
    expect(grpc.StatusCode.INVALID_ARGUMENT,
           lambda: method(channel, "ValidateJWTSVID", False)(
               pb.ValidateJWTSVIDRequest(audience="api", svid="a.b.c"), timeout=PATIENCE_S))


@test
def bundles_are_of_all_trust_domains(server, channel):
    x509 = next(stream(channel, "FetchX509Bundles", pb.X509BundlesRequest()))
    assert dict(x509.bundles) == {"spiffe://example.org": b"roots",
                                  "spiffe://other.example": b"other roots"}
    answers = stream(channel, "FetchJWTBundles", pb.JWTBundlesRequest())
    assert next(answers).bundles["spiffe://example.org"] == b'{"keys":[0]}'
    server.tell("rotate")
    assert next(answers).bundles["spiffe://example.org"] == b'{"keys":[1]}'
    answers.cancel()


@test
def a_jwt_is_answered_when_it_comes(server, channel):
    fetch = method(channel, "FetchJWTSVID", False)
    # Only a connection that stands has calls in their order.
    next(stream(channel, "FetchX509SVID", pb.X509SVIDRequest()))
    waiting = fetch.future(pb.JWTSVIDRequest(audience=["api", "db"]), metadata=HEADER,
                           timeout=PATIENCE_S)
    # Another call on the same connection is not kept waiting, and comes behind it.
    next(stream(channel, "FetchX509SVID", pb.X509SVIDRequest()))
    server.tell("jwt head.body.signature")
    svids = waiting.result().svids
    assert [(s.spiffe_id, s.svid, s.hint) for s in svids] == [
        ("spiffe://example.org/web/1", "head.body.signature", "first")]
    refused = fetch.future(pb.JWTSVIDRequest(audience=["api"]), metadata=HEADER,
                           timeout=PATIENCE_S)
    next(stream(channel, "FetchX509SVID", pb.X509SVIDRequest()))
    server.tell("jwt deny")
    expect(grpc.StatusCode.PERMISSION_DENIED, refused.result, "no token for this audience")


@test
def a_deadline_ends_what_is_not_answered(server, channel):
    expect(grpc.StatusCode.DEADLINE_EXCEEDED,
           lambda: method(channel, "FetchJWTSVID", False)(
               pb.JWTSVIDRequest(audience=["api"]), metadata=HEADER, timeout=0.3))
    for timeout in (0.3, 3, 30):
        answers = stream(channel, "FetchX509SVID", pb.X509SVIDRequest(), timeout=timeout)
        try:
            next(answers)
        except grpc.RpcError:  # this machine was slower than the deadline was short
            continue
        expect(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(answers))
        return
    raise AssertionError("nothing came in time")


@test
def a_request_for_a_jwt_names_its_audience(server, channel):
    fetch = method(channel, "FetchJWTSVID", False)
    for request in (pb.JWTSVIDRequest(), pb.JWTSVIDRequest(audience=[""]),
                    pb.JWTSVIDRequest(audience=["a"] * 9),
                    pb.JWTSVIDRequest(audience=["a" * 256]),
                    pb.JWTSVIDRequest(audience=["a\nb"]), pb.JWTSVIDRequest(audience=["a\0b"])):
        expect(grpc.StatusCode.INVALID_ARGUMENT,
               lambda request=request: fetch(request, metadata=HEADER, timeout=PATIENCE_S))


@test
def a_token_is_validated_for_its_audience(server, channel):
    validate = method(channel, "ValidateJWTSVID", False)
    answer = validate(pb.ValidateJWTSVIDRequest(audience="api", svid="a.b.c"),
                      metadata=HEADER, timeout=PATIENCE_S)
    assert answer.spiffe_id == "spiffe://example.org/web/1"
    assert answer.claims["aud"][0] == "api" and answer.claims["exp"] == 1795362357
    assert answer.claims["deep"]["yes"] is True and answer.claims["deep"]["no"] is None
    assert len(answer.claims["deep"]["l"]) == 0
    expect(grpc.StatusCode.INVALID_ARGUMENT,
           lambda: validate(pb.ValidateJWTSVIDRequest(audience="db", svid="a.b.c"),
                            metadata=HEADER, timeout=PATIENCE_S), "not for this audience")
    expect(grpc.StatusCode.INVALID_ARGUMENT,
           lambda: validate(pb.ValidateJWTSVIDRequest(audience="api"), metadata=HEADER,
                            timeout=PATIENCE_S))


@test
def what_is_not_served_is_unimplemented(server, channel):
    for path in ("/SpiffeWorkloadAPI/FetchWITSVID", "/SpiffeWorkloadAPI/FetchWITBundles",
                 "/SpiffeWorkloadAPI/", "/Other/FetchX509SVID"):
        call = channel.unary_unary(path, request_serializer=lambda b: b,
                                   response_deserializer=lambda b: b)
        expect(grpc.StatusCode.UNIMPLEMENTED,
               lambda call=call: call(b"", metadata=HEADER, timeout=PATIENCE_S))


@test
def a_request_that_is_no_message_is_refused(server, channel):
    call = channel.unary_unary("/SpiffeWorkloadAPI/FetchJWTSVID",
                               request_serializer=lambda b: b, response_deserializer=lambda b: b)
    expect(grpc.StatusCode.INVALID_ARGUMENT,
           lambda: call(b"\x0a\xff", metadata=HEADER, timeout=PATIENCE_S))
    expect(grpc.StatusCode.RESOURCE_EXHAUSTED,
           lambda: call(b"\0" * 20000, metadata=HEADER, timeout=PATIENCE_S))


@test
def compressed_messages_are_refused(server, channel):
    expect(grpc.StatusCode.UNIMPLEMENTED,
           lambda: method(channel, "FetchJWTSVID", False)(
               pb.JWTSVIDRequest(audience=["a" * 200]), metadata=HEADER, timeout=PATIENCE_S,
               compression=grpc.Compression.Gzip))


@test
def an_answer_of_a_megabyte_arrives_whole(server, channel):
    server.tell("grow 1000000")
    answers = stream(channel, "FetchX509SVID", pb.X509SVIDRequest())
    assert len(next(answers).svids[0].bundle) == 1000000
    server.tell("rotate")
    assert next(answers).svids[0].x509_svid == b"chain 1"
    answers.cancel()


@test
def the_end_of_the_server_is_unavailable(server, channel):
    answers = stream(channel, "FetchX509SVID", pb.X509SVIDRequest())
    next(answers)
    server.tell("end")
    expect(grpc.StatusCode.UNAVAILABLE, lambda: next(answers), "stopping")


def main():
    failed = 0
    for function in TESTS:
        name = function.__name__.replace("_", " ")
        if len(sys.argv) > 3 and sys.argv[3] != name:
            continue
        print(f"run: {name}", flush=True)
        server = Server()
        try:
            with server.channel() as channel:
                function(server, channel)
            server.close()
            print(f"ok: {name}", flush=True)
        except Exception as error:  # each is told, and the others go on
            failed += 1
            server.process.kill()
            print(f"not ok: {name}: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


sys.exit(main())
