# The network process: TLS, HTTP, limits; hands bodies on unparsed.
noinst_LIBRARIES += libfront.a
libfront_a_SOURCES = \
	verifier/front/connection.c verifier/front/connection.h \
	verifier/front/front.c verifier/front/front.h \
	verifier/front/hash.c verifier/front/hash.h \
	verifier/front/http.c verifier/front/http.h \
	verifier/front/metrics.c verifier/front/metrics.h \
	verifier/front/named.c verifier/front/named.h \
	verifier/front/pace.c verifier/front/pace.h \
	verifier/front/phase.c \
	verifier/front/peers.c verifier/front/peers.h \
	verifier/front/quota.c verifier/front/quota.h \
	verifier/front/ranking.c verifier/front/ranking.h \
	verifier/front/relay.c verifier/front/relay.h \
	verifier/front/request.c verifier/front/request.h \
	verifier/front/room.c verifier/front/room.h \
	verifier/front/routes.c verifier/front/routes.h \
	verifier/front/tls.c verifier/front/tls.h \
	verifier/front/wait.c verifier/front/wait.h
libfront_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(SSL_CFLAGS)
FRONT_LIBS = libfront.a $(DAEMON_LIBS) $(MESSAGES_LIBS)
