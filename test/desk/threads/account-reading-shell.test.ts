import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountReader, HttpAnswer, Reading } from '../../../src/broker/account-reader.ts';
import { failed, homeText, http, read, statementNow } from '../../../src/broker/account-reader.ts';
import { paperReader } from '../../../src/broker/paper/paper-reader.ts';
import {
  AccountReadings,
  type ReadingWorld,
} from '../../../src/desk/threads/account-reading-shell.ts';
import { wallMicros } from '../../../src/engine/domain/clock.ts';

const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true });
});

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-readings-'));
  homes.push(home);
  return home;
}

type Accounts = { readonly accounts: readonly never[] };
const SPY = { symbols: ['SPY'] };

/** Readings of which `accounts` is the test's own. */
function readings(
  accounts: () => Reading<Accounts>,
  world: Partial<ReadingWorld> = {},
): AccountReadings {
  const reader: AccountReader = { ...paperReader({ marketSource: 'simulator' }), accounts };
  const home = world.home ?? newHome();
  return new AccountReadings(reader, { send: undefined, statement: undefined, ...world, home });
}

function answering(body: string, status = 200) {
  const asked: string[] = [];
  const send = async ({ method, path }: { method: string; path: string }): Promise<HttpAnswer> => {
    asked.push(`${method} ${path}`);
    return { kind: 'answer', status, body, wall: wallMicros() };
  };
  return { asked, send };
}

describe('the readings of the I/O worker', () => {
  it('perform each step and hand back what came of it', async () => {
    const { asked, send } = answering('[]');
    const run = readings(
      function* () {
        const answer = yield* http({ method: 'GET', path: '/a' });
        if (answer.kind === 'failed') return answer;
        return read({ accounts: [] }, 'alpaca', answer.wall);
      },
      { send },
    );
    expect(await run.run('accounts', {})).toMatchObject({ kind: 'read', source: 'alpaca' });
    expect(asked).toEqual(['GET /a']);
  });

  it('are a failure, never a throw: no service, no statement, a reader that breaks', async () => {
    const ask = (accounts: () => Reading<Accounts>) => readings(accounts).run('accounts', {});
    const asking = function* () {
      const answer = yield* http({ method: 'GET', path: '/a' });
      return answer.kind === 'failed' ? answer : failed('not reached', false);
    };
    expect(await ask(asking)).toMatchObject({
      kind: 'failed',
      reason: 'there is no service to ask',
    });
    const stating = function* () {
      const said = yield* statementNow();
      return said.kind === 'failed' ? said : failed('not reached', false);
    };
    expect(await ask(stating)).toMatchObject({ kind: 'failed' });
    const breaking = function* (): Reading<Accounts> {
      yield* [];
      throw new RangeError('secret detail');
    };
    const broken = await ask(breaking);
    expect(broken.kind).toBe('failed');
    expect(JSON.stringify(broken)).not.toContain('secret detail');
  });

  it('end where a broker offers pages for ever', async () => {
    const { asked, send } = answering('[]');
    const endless = function* (): Reading<Accounts> {
      for (;;) yield* http({ method: 'GET', path: '/page' });
    };
    expect(await readings(endless, { send }).run('accounts', {})).toMatchObject({ kind: 'failed' });
    expect(asked).toHaveLength(64);
  });

  it('ask again for what may not be told from a cache, and not for what may', async () => {
    const { asked, send } = answering('{"data":{"items":[]}}');
    const run = readings(
      function* () {
        const answer = yield* http({ method: 'GET', path: '/positions' });
        return answer.kind === 'failed' ? answer : read({ accounts: [] }, 'paper', answer.wall);
      },
      { send },
    );
    await run.run('accounts', {});
    await run.run('accounts', {});
    const first = await run.run('metrics', SPY);
    const second = await run.run('metrics', SPY);
    expect(asked).toEqual(['GET /positions', 'GET /positions', 'GET /market-metrics?symbols=SPY']);
    expect(second).toEqual(first);
  });

  it('do not keep a refusal', async () => {
    const { asked, send } = answering('', 503);
    const run = readings(() => paperReader({ marketSource: undefined }).accounts({}) as never, {
      send,
    });
    await run.run('metrics', SPY);
    await run.run('metrics', SPY);
    expect(asked).toHaveLength(2);
  });

  it('keep texts in the home folder for its owner alone, and nowhere else', async () => {
    const home = newHome();
    const run = readings(
      function* () {
        const kept = yield* homeText({ kind: 'saveText', name: '../outside.json', text: 'x' });
        return kept.kind === 'failed' ? kept : failed('not reached', false);
      },
      { home },
    );
    expect(await run.run('accounts', {})).toMatchObject({ kind: 'failed' });
    await run.run('writeWatchlist', { name: 'mine', symbols: ['SPY'] });
    const path = join(home, 'watchlists.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ mine: ['SPY'] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
