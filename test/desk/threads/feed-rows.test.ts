import { describe, expect, it } from 'vitest';
import { FeedRows } from '../../../src/desk/threads/feed-rows.ts';
import { createChainBuffer, UNDERLYING } from '../../../src/engine/chain/chain-layout.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { streamerSymbol } from '../../../src/engine/domain/instrument.ts';
import { priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { NO_KEY } from '../../../src/engine/feed/feed-handler.ts';
import { buildAt, buildSession } from '../../support/chain-builder.ts';

const DATE = sessionDate('2026-11-20');
const [LOW, MIDDLE, HIGH] = [600, 601, 602].map((dollars): OptionContract => {
  const strike = priceFromDollars(dollars);
  return { kind: 'option', root: 'SPY', expiry: DATE, right: 'call', strike };
}) as [OptionContract, OptionContract, OptionContract];

function opened(contracts: readonly OptionContract[]) {
  const chain = new ChainWriter(createChainBuffer());
  const open = (listed: readonly OptionContract[]): void => {
    const listing = { underlying: 'SPY', date: DATE, contracts: listed };
    chain.openSession(listing, buildSession(DATE), buildAt(DATE, 600));
  };
  open(contracts);
  return { chain, open, rows: new FeedRows(chain, 'SPY') };
}

describe('the rows of the feed', () => {
  it('are those of the chain, by text and by key, again and again', () => {
    const { rows } = opened([LOW, MIDDLE]);
    for (let turn = 0; turn < 2; turn += 1) {
      expect(rows.find('SPY', 0)).toBe(UNDERLYING);
      expect(rows.find(streamerSymbol(MIDDLE), 1)).toBe(1);
      expect(rows.find(streamerSymbol(MIDDLE), NO_KEY)).toBe(1);
      expect(rows.find(streamerSymbol(LOW), 1_000_000)).toBe(0);
      expect(rows.of(streamerSymbol(LOW))).toBe(0);
    }
  });

  it('are looked up anew once the chain lists more, or another session', () => {
    const { chain, open, rows } = opened([LOW]);
    expect(rows.find(streamerSymbol(HIGH), 2)).toBeUndefined();
    expect(rows.find(streamerSymbol(LOW), 1)).toBe(0);
    chain.addContracts([HIGH]);
    expect(rows.find(streamerSymbol(HIGH), 2)).toBe(1);
    open([HIGH, LOW]);
    expect(rows.find(streamerSymbol(LOW), 1)).toBe(1);
    expect(rows.find(streamerSymbol(HIGH), 2)).toBe(0);
    chain.expire(buildAt(DATE, 900));
    expect(rows.find(streamerSymbol(LOW), 1)).toBeUndefined();
    expect(rows.find('SPY', 0)).toBe(UNDERLYING);
  });

  it('are looked up anew once keys stand for other symbols', () => {
    const { rows } = opened([LOW, MIDDLE]);
    expect(rows.find(streamerSymbol(LOW), 0)).toBe(0);
    rows.forget();
    expect(rows.find(streamerSymbol(MIDDLE), 0)).toBe(1);
  });
});
