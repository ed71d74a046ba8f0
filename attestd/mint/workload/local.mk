# The SPIFFE Workload API: gRPC over HTTP/2 over Unix sockets. What protoc and
# protoc-c make of the .proto files is made anew in each build directory.
WORKLOAD_PROTOS = attestd/mint/workload/workload.proto attestd/mint/workload/reflection.proto
WORKLOAD_GENERATED = \
	attestd/mint/workload/google/protobuf/struct.pb-c.c attestd/mint/workload/google/protobuf/struct.pb-c.h \
	attestd/mint/workload/reflection.pb-c.c attestd/mint/workload/reflection.pb-c.h \
	attestd/mint/workload/workload.pb-c.c attestd/mint/workload/workload.pb-c.h \
	attestd/mint/workload/reflection_set.c
EXTRA_DIST += $(WORKLOAD_PROTOS)
BUILT_SOURCES += attestd/mint/workload/workload.pb-c.h attestd/mint/workload/reflection.pb-c.h
CLEANFILES += $(WORKLOAD_GENERATED) attestd/mint/workload/reflection_set.pb
WORKLOAD_CPPFLAGS = -I$(builddir)/attestd/mint/workload $(EVENT_CORE_CFLAGS) $(NGHTTP2_CFLAGS) \
	$(PROTOBUF_C_CFLAGS)
WORKLOAD_LIBS = libworkload.a libworkloadmessages.a libcaller.a $(PROTOBUF_C_LIBS) $(NGHTTP2_LIBS) \
	$(EVENT_CORE_LIBS) $(MESSAGES_LIBS)

noinst_LIBRARIES += libworkload.a libworkloadmessages.a
libworkload_a_SOURCES = \
	attestd/mint/grpc/grpc.c attestd/mint/grpc/grpc.h \
	attestd/mint/grpc/grpc_message.c attestd/mint/grpc/grpc_message.h \
	attestd/mint/grpc/grpc_request.c attestd/mint/grpc/grpc_request.h \
	attestd/mint/grpc/http2.c attestd/mint/grpc/http2.h attestd/mint/grpc/http2_connection.h \
	attestd/mint/grpc/http2_session.c \
	attestd/mint/workload/protobuf.h \
	attestd/mint/workload/reflection.c attestd/mint/workload/reflection.h \
	attestd/mint/workload/reflection_files.c attestd/mint/workload/reflection_files.h \
	attestd/mint/workload/workload.h \
	attestd/mint/workload/workload_answers.c \
	attestd/mint/workload/workload_api.c attestd/mint/workload/workload_api.h \
	attestd/mint/workload/workload_call.h \
	attestd/mint/workload/workload_calls.c attestd/mint/workload/workload_calls.h \
	attestd/mint/workload/workload_messages.c attestd/mint/workload/workload_messages.h \
	attestd/mint/workload/workload_socket.c attestd/mint/workload/workload_socket.h \
	attestd/mint/workload/workload_streams.c \
	attestd/mint/workload/workload_turns.c attestd/mint/workload/workload_turns.h
libworkload_a_CPPFLAGS = $(AM_CPPFLAGS) $(WORKLOAD_CPPFLAGS)
# Not ours to hold to our warnings.
nodist_libworkloadmessages_a_SOURCES = $(WORKLOAD_GENERATED)
libworkloadmessages_a_SOURCES =
libworkloadmessages_a_CPPFLAGS = $(AM_CPPFLAGS) $(WORKLOAD_CPPFLAGS)
libworkloadmessages_a_CFLAGS = $(HARDEN_CFLAGS)
$(libworkload_a_OBJECTS): attestd/mint/workload/workload.pb-c.h attestd/mint/workload/reflection.pb-c.h

# In C a string has its length, as bytes have: a NUL in one would cut it short.
strings_as_bytes = $(SED) -e 's/string \([a-z_]*\) = /bytes \1 = /'
CLEANFILES += attestd/mint/workload/proto/workload.proto attestd/mint/workload/proto/reflection.proto \
	attestd/mint/workload/proto/reflection_v1alpha.proto
attestd/mint/workload/workload.pb-c.c: $(srcdir)/attestd/mint/workload/workload.proto Makefile
	$(AM_V_GEN)$(MKDIR_P) attestd/mint/workload/proto && \
	$(strings_as_bytes) $(srcdir)/attestd/mint/workload/workload.proto >attestd/mint/workload/proto/workload.proto && \
	$(PROTOC_C) -I attestd/mint/workload/proto -I $(PROTOBUF_INCLUDE) --c_out=attestd/mint/workload workload.proto \
		google/protobuf/struct.proto
attestd/mint/workload/reflection.pb-c.c: $(srcdir)/attestd/mint/workload/reflection.proto Makefile
	$(AM_V_GEN)$(MKDIR_P) attestd/mint/workload/proto && \
	$(strings_as_bytes) $(srcdir)/attestd/mint/workload/reflection.proto >attestd/mint/workload/proto/reflection.proto && \
	$(PROTOC_C) -I attestd/mint/workload/proto --c_out=attestd/mint/workload reflection.proto
attestd/mint/workload/workload.pb-c.h attestd/mint/workload/google/protobuf/struct.pb-c.c attestd/mint/workload/google/protobuf/struct.pb-c.h: attestd/mint/workload/workload.pb-c.c
attestd/mint/workload/reflection.pb-c.h: attestd/mint/workload/reflection.pb-c.c

# What reflection shows, as a C array: the services and what they import.
attestd/mint/workload/reflection_set.c: $(WORKLOAD_PROTOS) Makefile
	$(AM_V_GEN)$(MKDIR_P) attestd/mint/workload/proto && \
	$(SED) -e 's/grpc\.reflection\.v1/&alpha/' $(srcdir)/attestd/mint/workload/reflection.proto \
		>attestd/mint/workload/proto/reflection_v1alpha.proto && \
	$(PROTOC) -I $(srcdir)/attestd/mint/workload -I attestd/mint/workload/proto -I $(PROTOBUF_INCLUDE) --include_imports \
		--descriptor_set_out=attestd/mint/workload/reflection_set.pb \
		workload.proto reflection.proto reflection_v1alpha.proto && \
	{ echo '#include "attestd/mint/workload/reflection_files.h"'; \
	echo 'static const uint8_t bytes[] = {'; \
	od -An -v -tx1 attestd/mint/workload/reflection_set.pb | $(SED) -e 's/ \(..\)/0x\1,/g'; \
	echo '};'; \
	echo 'const struct span reflection_file_set = { bytes, sizeof(bytes) };'; } >$@
