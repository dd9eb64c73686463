import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { askEngine } from '../../src/mcp/console-client.ts';
import { connectToEngine } from '../../src/mcp/engine-connection.ts';
import { helloTo } from '../../src/mcp/hello.ts';
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
