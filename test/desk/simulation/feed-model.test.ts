import { describe, expect, it } from 'vitest';
import { ChainRows } from '../../../src/desk/simulation/chain-rows.ts';
import type { FeedTemper } from '../../../src/desk/simulation/feed-model.ts';
import { FeedModel, HEALTHY_FEED } from '../../../src/desk/simulation/feed-model.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { VirtualMarket } from '../../../src/desk/simulation/virtual-market.ts';
import { createChainBuffer } from '../../../src/engine/chain/chain-layout.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import { breakoutRig } from '../../support/breakout-rig.ts';
import { buildSession } from '../../support/chain-builder.ts';

const session = buildSession();
const at = { market: session.open, wall: session.open };

function marketOf(): VirtualMarket {
  const day = { spot: 585, impliedVol: 0.2, realizedMultiple: 1, reach: 8 };
  return new VirtualMarket(new SeededRandom(7, 3), day, session);
}

function feed(temper: Partial<FeedTemper> = {}): FeedModel {
  const model = new FeedModel(marketOf());
  model.temper = { ...HEALTHY_FEED, ...temper };
  return model;
}

/** Rows of the market that are quoted in the first round of a feed. */
function rows(temper: Partial<FeedTemper>): readonly number[] {
  const { context } = breakoutRig().desk;
  const inputs = feed(temper).round(session.open, at, context, false);
  return inputs.flatMap((input) => (input.kind === 'quote' ? [input.index] : []));
}

describe('the feed of a simulation', () => {
  it('is silent of all options, or of their underlying alone', () => {
    const all = rows({});
    expect(all).toContain(-1);
    expect(all.length).toBeGreaterThan(20);
    expect(rows({ optionsSilent: true })).toEqual([-1]);
    expect(rows({ spotSilent: true })).toEqual(all.filter((row) => row >= 0));
  });

  it('is silent of single legs that are held, now and then', () => {
    const market = marketOf();
    const silent = { ...HEALTHY_FEED, silentLegs: true };
    const held = new Map([[occSymbol(market.listing.contracts[4]!), 1]]);
    const rounds = Array.from({ length: 200 }, () => market.optionQuotes(silent, true, held));
    const all = market.listing.contracts.length;
    expect(new Set(rounds.map((quotes) => quotes.length))).toEqual(new Set([all, all - 1]));
    const isHeard = rounds.map((quotes) => quotes.some(({ index }) => index === 4));
    expect(new Set(isHeard)).toEqual(new Set([true, false]));
  });

  it('answers whoever asks for the listing, or says that there is none and is asked again', () => {
    const { context } = breakoutRig().desk;
    const model = feed({ listingAway: true });
    model.askListing(session.open);
    expect(model.listing(session.open, at, context)).toEqual([]);
    const due = model.listingDue!;
    expect(model.listing(due, at, context)).toMatchObject([{ kind: 'listingFailed' }]);
    model.temper = HEALTHY_FEED;
    expect(model.listing(due, at, context)).toEqual([]);
    expect(model.listing(model.listingDue!, at, context)).toMatchObject([{ kind: 'listing' }]);
    expect(model.listingDue).toBeUndefined();
  });
});

describe('rows of the market', () => {
  it('are found in a chain of some of its contracts, and found anew when that grows', () => {
    const { contracts } = marketOf().listing;
    const [first, second, third] = contracts;
    const chain = new ChainWriter(createChainBuffer());
    const listed = { underlying: 'SPY', date: session.date } as const;
    chain.openSession({ ...listed, contracts: [third!, first!] }, session, at);
    const market = new ChainRows({ ...listed, contracts });
    const found = () => [-1, 0, 1, 2].map((row) => market.toDesk(chain, row));
    expect(found()).toEqual([-1, 1, undefined, 0]);
    expect([0, 1].map((row) => market.toMarket(row))).toEqual([2, 0]);
    chain.addContracts([second!]);
    expect(found()).toEqual([-1, 1, 2, 0]);
    expect(chain.symbolOf(2)).toBe(occSymbol(second!));
    expect(market.toMarket(2)).toBe(1);
  });
});
