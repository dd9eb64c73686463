/**
 * Load on one URL, in a process of its own: autocannon, ten connections that never rest, or as many as
 * are asked for. Prints its findings as one line of JSON. Each new connection comes from another address of the loopback
 * network, and reconnects before the server's limit per address is reached; where the system has one
 * loopback address only, the run is cut to what one address may ask.
 */
import { createRequire } from 'node:module';
import net from 'node:net';
import type { Result } from 'autocannon';
import { z } from 'zod';
import { percentiles } from './paired.ts';
import { Samples } from './samples.ts';

const CONNECTIONS = 10;
/** Below the 600 a minute that an address may ask for /health and /metrics. */
const REQUESTS_PER_ADDRESS = 500;
/** A run ends with a sample: of a second, as it is unless set, a short one would be mostly waiting. */
const SAMPLE_MILLIS = 100;
const NANOS_PER_MILLI = 1e6;

const argumentShape = z.object({
  url: z.string(),
  seconds: z.number(),
  connections: z.number().default(CONNECTIONS),
  /** Posted as JSON where there is one. */
  body: z.string().optional(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Ends after so many requests. */
  amount: z.number().optional(),
});
const asked = argumentShape.parse(JSON.parse(process.argv[2] ?? ''));
const { url, seconds, connections, body, headers, amount } = asked;
const hasManyAddresses = process.platform === 'linux';

/** Two loads after one another take no address twice: their process ids differ. */
const ADDRESSES_PER_LOAD = 256;
let addresses = process.pid * ADDRESSES_PER_LOAD;

function nextAddress(): string {
  addresses += 1;
  return `127.${1 + ((addresses >> 16) & 0x7f)}.${(addresses >> 8) & 0xff}.${1 + (addresses & 0x7f)}`;
}

/** autocannon opens its connections with `net.connect(port, host)` and cannot be told from where. */
if (hasManyAddresses) {
  const connect = net.connect.bind(net);
  net.connect = ((port: number, host: string) =>
    connect({ port, host, localAddress: nextAddress() })) as typeof net.connect;
}
// Loaded after the line above, so that it sees it.
const autocannon: typeof import('autocannon') = createRequire(import.meta.url)('autocannon');

const samples = new Samples();
let bad = 0;
const result = await new Promise<Result>((resolve, reject) => {
  const options = {
    url,
    connections,
    headers,
    sampleInt: SAMPLE_MILLIS,
    ...(body !== undefined && { method: 'POST' as const, body }),
    ...(amount !== undefined && { amount }),
    ...(hasManyAddresses && amount === undefined
      ? { duration: seconds, reconnectRate: REQUESTS_PER_ADDRESS }
      : { amount: amount ?? REQUESTS_PER_ADDRESS }),
  };
  const instance = autocannon(options, (error: unknown, whole) => {
    if (error) reject(error instanceof Error ? error : new Error('the load generator failed'));
    else resolve(whole);
  });
  instance.on('response', (_client, statusCode, _bytes, responseMillis) => {
    if (statusCode === 200) samples.record(responseMillis * NANOS_PER_MILLI);
    else bad += 1;
  });
});
const found = {
  count: samples.count,
  bad: bad + result.errors + result.timeouts,
  requestsPerSecond: samples.count / result.duration,
  ...percentiles(samples, 'us'),
};
process.stdout.write(`${JSON.stringify(found)}\n`);
