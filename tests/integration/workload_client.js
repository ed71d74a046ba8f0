// SPDX-License-Identifier: Apache-2.0
// The Workload API as @grpc/grpc-js speaks to it.
//
// node workload_client.js CLIENTS-FOLDER SERVER-PROGRAM SOCKET PROTO
'use strict';
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const readline = require('node:readline');

const [clients, program, socket, proto] = process.argv.slice(2);
const grpc = require(path.join(clients, 'node_modules/@grpc/grpc-js'));
const loader = require(path.join(clients, 'node_modules/@grpc/proto-loader'));
const PATIENCE_MS = 60000;

const server = spawn(program, [socket], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = readline.createInterface({ input: server.stdout })[Symbol.asyncIterator]();

async function answered() {
  assert.strictEqual((await answers.next()).value, 'ok');
}

async function tell(command) {
  server.stdin.write(command + '\n');
  await answered();
}

function metadata(value = 'true') {
  const m = new grpc.Metadata();
  if (value !== null) m.set('workload.spiffe.io', value);
  return m;
}

// The messages of a stream, one at a time; its end is the status that it came with.
function reader(stream) {
  const waiting = [];
  const wanted = [];
  const put = (item) => (wanted.length > 0 ? wanted.shift()(item) : waiting.push(item));
  stream.on('data', (message) => put({ message }));
  stream.on('error', (error) => put({ code: error.code, details: error.details }));
  return () => (waiting.length > 0 ? Promise.resolve(waiting.shift()) : new Promise((r) => wanted.push(r)));
}

function unary(client, method, request, m = metadata()) {
  return new Promise((resolve) => {
    client[method](request, m, { deadline: Date.now() + PATIENCE_MS }, (error, answer) =>
      resolve(error ? { code: error.code, details: error.details } : { answer }));
  });
}

async function streams(client) {
  const x509 = reader(client.FetchX509SVID({}, metadata()));
  const bundles = reader(client.FetchX509Bundles({}, metadata()));
  const jwks = reader(client.FetchJWTBundles({}, metadata()));
  assert.strictEqual((await x509()).message.svids[0].spiffe_id, 'spiffe://example.org/web/1');
  assert.strictEqual((await bundles()).message.bundles['spiffe://example.org'].toString(), 'roots');
  assert.strictEqual((await jwks()).message.bundles['spiffe://example.org'].toString(), '{"keys":[0]}');
  await tell('rotate');
  assert.strictEqual((await x509()).message.svids[0].x509_svid.toString(), 'chain 1');
  assert.strictEqual((await jwks()).message.bundles['spiffe://example.org'].toString(), '{"keys":[1]}');
  await tell('deny');
  for (const next of [x509, bundles, jwks])
    assert.strictEqual((await next()).code, grpc.status.PERMISSION_DENIED);
  await tell('unready');
  assert.strictEqual((await reader(client.FetchX509SVID({}, metadata()))()).code, grpc.status.UNAVAILABLE);
  await tell('give 1');
}

async function header(client) {
  for (const value of [null, 'false', 'TRUE'])
    assert.strictEqual((await reader(client.FetchX509SVID({}, metadata(value)))()).code,
      grpc.status.INVALID_ARGUMENT);
}

async function tokens(client) {
  const waiting = unary(client, 'FetchJWTSVID', { audience: ['api'] });
  await reader(client.FetchX509SVID({}, metadata()))();
  await tell('jwt head.body.signature');
  assert.strictEqual((await waiting).answer.svids[0].svid, 'head.body.signature');
  assert.strictEqual((await unary(client, 'FetchJWTSVID', {})).code, grpc.status.INVALID_ARGUMENT);
  const valid = await unary(client, 'ValidateJWTSVID', { audience: 'api', svid: 'a.b.c' });
  assert.strictEqual(valid.answer.claims.fields.exp.numberValue, 1795362357);
  assert.strictEqual((await unary(client, 'ValidateJWTSVID', { audience: 'db', svid: 'a.b.c' })).code,
    grpc.status.INVALID_ARGUMENT);
}

async function main() {
  await answered();
  const service = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true })).SpiffeWorkloadAPI;
  const client = new service('unix:' + socket, grpc.credentials.createInsecure());
  for (const [name, test] of Object.entries({ streams, header, tokens })) {
    console.log(`run: grpc-js ${name}`);
    await test(client);
    console.log(`ok: grpc-js ${name}`);
  }
  client.close();
  const ended = once(server, 'exit');
  server.stdin.end();
  assert.strictEqual((await ended)[0], 0);
}

setTimeout(() => { throw new Error('it takes too long'); }, 3 * PATIENCE_MS).unref();
main().catch((error) => {
  console.log(`not ok: grpc-js: ${error.stack}`);
  server.kill();
  process.exit(1);
});
