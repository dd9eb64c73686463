/** A service on loopback that takes posted JSON, and answers as a test says. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { CallLimits } from '../../../src/ops/outgoing-call.ts';

export interface Service {
  readonly bodies: Record<string, unknown>[];
  readonly url: string;
}

/** Starts it for the test that runs. */
export async function service(
  answer: (response: ServerResponse, attempt: number) => void,
): Promise<Service> {
  const bodies: Record<string, unknown>[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      answer(response, bodies.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { bodies, url: `http://127.0.0.1:${port}/v2/enqueue` };
}

/** Three tries without a wait worth the name. */
export const QUICK: CallLimits = {
  callsPerMinute: 10_000,
  timeoutMillis: 10_000,
  attempts: 3,
  firstWaitMillis: 1,
  mostWaitMillis: 2,
  failuresToOpen: 100,
  restMillis: 10_000,
};
