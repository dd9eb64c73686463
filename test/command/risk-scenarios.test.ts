import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RiskScenarios } from '../../src/command/risk-scenarios.ts';
import { valueScenarios } from '../../src/command/scenario-worker.ts';
import type { PnlView, PositionView } from '../../src/desk/engine-api.ts';
import { createChainBuffer } from '../../src/engine/chain/chain-layout.ts';
import { occSymbol } from '../../src/engine/domain/instrument.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { scenariosOf } from '../../src/engine/pricing/scenarios.ts';
import { atMinute, BlackChain, option } from '../engine/chain/black-chain.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';

const chain = new BlackChain(580, 620);
const symbol = occSymbol(option('call', 602));
const holdings = [{ symbol, quantity: 2 }];
let empty: PnlView;

beforeAll(async () => {
  chain.batch(atMinute(60));
  const answer = await new FakeEngineApi().pnl();
  empty = answer.value;
});

/** A book of two long calls with the worst cases of its positions. */
function bookOf(maxLosses: readonly (number | null)[]): PnlView {
  const positions = maxLosses.map(
    (maxLossCents) =>
      ({
        positionId: 'p-1',
        maxLossCents,
        legs: [{ symbol, quantity: 1 }],
      }) as unknown as PositionView,
  );
  return { ...empty, positions, warnings: ['a warning of the book'] };
}

function poolOn(buffer: SharedArrayBuffer): RiskScenarios {
  const pool = new RiskScenarios(buffer);
  onTestFinished(() => pool.close());
  return pool;
}

describe('the scenarios of the book', () => {
  it('come from the shared chain as it is now', () => {
    const slice = chain.reader.slice();
    if (slice === undefined) throw new Error('no slice');
    const found = valueScenarios({ chain: chain.buffer, holdings });
    expect(found).toHaveLength(27);
    expect(found).toEqual(scenariosOf(slice, holdings));
    expect(found.every(({ pnlCents }) => pnlCents !== null)).toBe(true);
  });

  it('are none where the chain is not open', () => {
    expect(valueScenarios({ chain: createChainBuffer(), holdings })).toEqual([]);
  });

  it('are computed on another thread, beside the worst cases and warnings', async () => {
    const metrics = await poolOn(chain.buffer).run(bookOf([12_300, 4_500]), chain.reader.slice());
    expect(metrics.scenarios).toEqual(valueScenarios({ chain: chain.buffer, holdings }));
    expect(metrics.worstCaseCents).toBe(16_800);
    expect(metrics.warnings).toEqual(['a warning of the book']);
  });

  it('of nothing keep the warnings of the book', async () => {
    const metrics = await poolOn(chain.buffer).run(bookOf([]), chain.reader.slice());
    expect(metrics.warnings).toEqual(['nothing is held', 'a warning of the book']);
  });

  it('leave out what expired before the session, of which a warning tells', async () => {
    const book = bookOf([12_300]);
    const expired = {
      ...book.positions[0],
      maxLossCents: 7_700,
      legs: [{ symbol: occSymbol({ ...option('call', 602), expiry: sessionDate('2026-01-02') }) }],
      expiredOn: '2026-01-02',
    } as unknown as PositionView;
    const left = { ...book, positions: [...book.positions, expired] };
    const pool = poolOn(chain.buffer);
    const metrics = await pool.run(left, chain.reader.slice());
    expect(metrics).toEqual(await pool.run(book, chain.reader.slice()));
    expect(metrics.worstCaseCents).toBe(12_300);
    const alone = await pool.run({ ...left, positions: [expired] }, chain.reader.slice());
    const nothing = { scenarios: [], worstCaseCents: 0, warnings: ['a warning of the book'] };
    expect(alone).toMatchObject(nothing);
  });

  it('start no thread for an empty book or a closed chain, and say why', async () => {
    const pool = poolOn(chain.buffer);
    expect(await pool.run({ ...empty, positions: [] }, chain.reader.slice())).toMatchObject({
      scenarios: [],
      worstCaseCents: 0,
      warnings: ['nothing is held'],
    });
    const closed = await pool.run(bookOf([null]), undefined);
    expect(closed).toMatchObject({ scenarios: [], worstCaseCents: 0 });
    expect(closed.warnings[0]).toContain('no open chain');
    expect(closed.warnings[1]).toBe('p-1 has no bound to its worst case: the sum is without it');
  });
});
