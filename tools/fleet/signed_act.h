/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FLEET_SIGNED_ACT_H
#define TOOLS_FLEET_SIGNED_ACT_H

#include "messages/statement.h"
#include "tools/fleet/node_client.h"

/* What people decide about nodes and registration entries, on its way to the
 * administration listener. Each says what went wrong; *body is the answer's. */

/* Widens: dated and signed here by a key in PEM, checked in the verifier's signer. key_path
 * NULL: the client certificate's. Where the last act was of this second too, it is signed
 * again in the next one. */
enum answer signed_act_send(struct node_client *client, struct act *act, const char *key_path,
			    struct bytes *body);
/* Narrows: the client certificate's word is enough. */
enum answer narrowing_send(struct node_client *client, const char *path, const char *reason,
			   struct bytes *body);

#endif
