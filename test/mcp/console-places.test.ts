import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { askEngine } from '../../src/mcp/console-client.ts';
import { connectToEngine } from '../../src/mcp/engine-connection.ts';
import { answerHello, helloTo } from '../../src/mcp/hello.ts';
import { listenOnSocket } from '../../src/mcp/socket-server.ts';
import { FAKE_IDENTITY, FakeEngineApi } from '../support/fake-engine-api.ts';

const MCP = helloTo(FAKE_IDENTITY, 'mcp');
const CONSOLE = helloTo(FAKE_IDENTITY, 'console');

/** A folder of its own that only its owner can enter, and a socket's path in it. */
function socketIn(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dr-sock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'e.sock');
}

/** An engine's socket, and what it logs. */
async function engine() {
  const logged: string[] = [];
  const api = new FakeEngineApi();
  const path = socketIn();
  const socket = await listenOnSocket({
    config: readConfig({}),
    api,
    identity: api.identity,
    path,
    shutdown: () => undefined,
    log: (line) => void logged.push(line),
  });
  onTestFinished(() => socket.close());
  return { path, logged };
}

describe('the places on the socket', () => {
  it('are kept for consoles however many clients have joined, and one too many is told so', async () => {
    const { path, logged } = await engine();
    const clients = await Promise.all(Array.from({ length: 48 }, () => connectToEngine(path, MCP)));
    for (let i = 0; i < 2; i += 1) {
      await expect(connectToEngine(path, MCP)).rejects.toThrow('48 MCP clients have joined');
    }
    expect(logged).toEqual([expect.stringContaining('a client was refused: 48 MCP clients')]);
    await Promise.all(Array.from({ length: 16 }, () => connectToEngine(path, CONSOLE)));
    expect(await askEngine(path, FAKE_IDENTITY, 'flatten')).toHaveProperty('value');
    clients[0]?.destroy();
    const oneMore = () => connectToEngine(path, MCP).then(() => 'in');
    await expect.poll(() => oneMore().catch(() => 'refused')).toBe('in');
  });
});

/** Something that answers the hello, or not even that, and then ends. */
async function endsAfter(hasHello: boolean): Promise<string> {
  const path = socketIn();
  const welcome = `${JSON.stringify(answerHello(CONSOLE, FAKE_IDENTITY))}\n`;
  const server = createServer((socket) => {
    let lines = 0;
    socket.on('error', () => socket.destroy());
    socket.on('data', () => {
      lines += 1;
      if (hasHello && lines === 1) socket.write(welcome);
      else socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return path;
}

describe('an engine that does not answer its console', () => {
  const asked = { ...FAKE_IDENTITY, holder: 'process 12' };

  it('was asked nothing where it did not answer the hello', async () => {
    const path = await endsAfter(false);
    await expect(askEngine(path, asked, 'flatten')).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringMatching(
        /process 12\) does not answer .*; nothing was asked of it\. Clo/,
      ),
    });
  });

  it('may still carry out what it was asked for', async () => {
    const path = await endsAfter(true);
    for (const method of ['flatten', 'rearm'] as const) {
      await expect(askEngine(path, asked, method)).rejects.toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringMatching(/process 12\) was asked for .* It may still be carried out/),
      });
    }
  });

  it('carries nothing out where it was asked how it stands', async () => {
    const status = askEngine(await endsAfter(true), asked, 'status');
    await expect(status).rejects.toThrow('was asked for `status` and has not answered');
    await expect(status).rejects.not.toThrow('may still be carried out');
  });
});
