import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type {
  FromIo,
  FromReader,
  ToIo,
  ToReader,
} from '../../../src/desk/threads/core-protocol.ts';
import { runIo } from '../../../src/desk/threads/io-worker-shell.ts';
import { statementOfACondor } from '../../support/paper-statement.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The I/O worker between a core that answers with a statement and a face that asks. */
function reading(statement = statementOfACondor()) {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-reads-'));
  const [core, faces] = [new MessageChannel(), new MessageChannel()];
  closers.push(() => {
    core.port1.close();
    faces.port1.close();
    rmSync(home, { recursive: true });
  });
  core.port1.on('message', (message: FromIo) => {
    if (message.kind !== 'statementWanted') return;
    const answer: ToIo = { kind: 'statement', id: message.id, statement };
    core.port1.postMessage(answer);
  });
  const source = { kind: 'fixed', dxlinkUrl: '', token: '', strikes: [1, 2] } as const;
  const reader = { broker: 'paper', marketSource: undefined, home } as const;
  runIo({ source, underlying: 'SPY', port: core.port2, reader }, faces.port2);
  let id = 0;
  return (what: ToReader['what'], ask: ToReader['ask']): Promise<FromReader> => {
    id += 1;
    const own = id;
    return new Promise((resolve) => {
      const listen = (answer: FromReader): void => {
        if (answer.id !== own) return;
        faces.port1.off('message', listen);
        resolve(answer);
      };
      faces.port1.on('message', listen);
      faces.port1.postMessage({ kind: 'read', id: own, what, ask });
    });
  };
}

describe('account reads on the I/O worker', () => {
  it('ask the core anew at each question, and answer each by its number', async () => {
    const ask = reading();
    const [positions, balances] = await Promise.all([ask('positions', {}), ask('balances', {})]);
    expect(positions.result).toMatchObject({ kind: 'read', source: 'paper' });
    expect(balances.result).toMatchObject({ value: { cashCents: statementOfACondor().cashCents } });
  });

  it('keep watchlists in the home folder, and say what a feed without a service lacks', async () => {
    const ask = reading();
    await ask('writeWatchlist', { name: 'a', symbols: ['SPY'] });
    const { result } = await ask('watchlists', { kind: 'private' });
    expect(result).toMatchObject({ value: { watchlists: [{ name: 'a', symbols: ['SPY'] }] } });
    expect((await ask('metrics', { symbols: ['SPY'] })).result.kind).toBe('unsupported');
  });
});
