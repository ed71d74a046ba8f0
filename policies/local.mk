# What policies builds.
noinst_LIBRARIES += libpolicies.a
libpolicies_a_SOURCES = \
	policies/file_table.c policies/file_table.h \
	policies/image.c policies/image.h policies/image_layout.h \
	policies/layer.c policies/layer.h \
	policies/reference.c policies/reference.h \
	policies/release.h \
	policies/set_file.c policies/set_file.h \
	policies/spiffe_id.c policies/spiffe_id.h
libpolicies_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
POLICIES_LIBS = libpolicies.a $(MESSAGES_LIBS)
