/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_MINT_H
#define ATTESTD_MINT_MINT_H

/*
 * The role that keeps workloads' SVIDs: makes their keys, asks the broker for
 * signatures, writes the files, and removes them when the right ends. Process
 * of its own; the exit status.
 */
int mint_run(const char *configuration_path);

#endif
