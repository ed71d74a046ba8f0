# What speaks to a verifier, and to the Workload API of this host.
attestctl_SOURCES += \
	tools/fleet/command_bundle.c \
	tools/fleet/command_entry.c \
	tools/fleet/command_mint.c \
	tools/fleet/command_node.c \
	tools/fleet/fleet_command.c tools/fleet/fleet_command.h \
	tools/fleet/node_client.c tools/fleet/node_client.h \
	tools/fleet/node_text.c tools/fleet/node_text.h \
	tools/fleet/signed_act.c tools/fleet/signed_act.h \
	tools/fleet/spiffe_bundle.c tools/fleet/spiffe_bundle.h \
	tools/fleet/verifier_access.c tools/fleet/verifier_access.h \
	tools/fleet/workload_client.c tools/fleet/workload_client.h
