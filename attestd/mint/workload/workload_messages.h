/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_WORKLOAD_MESSAGES_H
#define ATTESTD_MINT_WORKLOAD_WORKLOAD_MESSAGES_H

#include "attestd/mint/workload/workload.h"

/* What the Workload API's messages look like on the wire: requests are parsed,
 * answers written with gRPC's prefix. Pure. */

/* STATUS_MALFORMED for what is no such message, or has no SPIFFE ID's or audience's
 * form; nothing of a workload's own choosing is longer than workload.h says. Spans
 * borrow from the parsed request, which workload_request_done() frees. */
struct workload_request {
	void *parsed;
	struct span audiences[WORKLOAD_AUDIENCES_MAX];
	size_t audience_count;
	struct span spiffe_id;
	struct span token;
};

enum status workload_empty_parse(struct span message);
enum status workload_jwt_request_parse(struct span message, struct workload_request *out);
enum status workload_validate_request_parse(struct span message, struct workload_request *out);
void workload_request_done(struct workload_request *request);

enum status workload_x509_frame(const struct workload_x509 *x509, struct bytes *out);
enum status workload_x509_bundles_frame(const struct workload_bundles *bundles, struct bytes *out);
enum status workload_jwt_bundles_frame(const struct workload_bundles *bundles, struct bytes *out);
enum status workload_jwt_frame(const struct workload_jwt_svid *svids, size_t count,
			       struct bytes *out);
enum status workload_claims_frame(const struct workload_claims *claims, struct bytes *out);

AUTO_RELEASE(workload_request, workload_request_done);

#endif
