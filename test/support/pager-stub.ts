/** A pager's service on loopback that takes everything. */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PagerStub {
  /** What makes an engine page here. */
  readonly settings: Readonly<Record<string, string>>;
  /** The bodies of all pages, oldest first. */
  readonly pages: readonly string[];
  close(): void;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

export async function startPagerStub(): Promise<PagerStub> {
  const pages: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      pages.push(text);
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"success"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const settings = {
    PAGERDUTY_API_KEY: 'a'.repeat(32),
    PAGERDUTY_ENDPOINT: `http://127.0.0.1:${port}/v2/enqueue`,
  };
  return { settings, pages, close: () => void server.close() };
}
