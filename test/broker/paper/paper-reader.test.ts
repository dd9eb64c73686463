import { describe, expect, it } from 'vitest';
import { paperReader } from '../../../src/broker/paper/paper-reader.ts';
import type { AskOf, ReadKind } from '../../../src/engine/domain/account-facts.ts';
import { accountReaderContract, type ReaderRig } from '../../contract/account-reader-contract.ts';
import { statementOfACondor } from '../../support/paper-statement.ts';
import { ReadingRig } from '../../support/reading.ts';

const STATEMENT = statementOfACondor();
const METRICS = 'GET /market-metrics?symbols=SPY';
const SEARCH = 'GET /symbols/search/SPY';

class PaperReaderRig implements ReaderRig {
  readonly reader = paperReader({ marketSource: 'simulator' });
  readonly world = new ReadingRig();
  readonly ticker = 'SPY';
  readonly lacks = {
    quotes: 'the live chain has them',
    marketRules: 'the simulator has none of its own',
  };

  constructor() {
    this.world.statement = STATEMENT;
    const metrics = { symbol: 'SPY', 'implied-volatility-index': '0.16', beta: 1 };
    this.world.answers.set(METRICS, { body: { data: { items: [metrics] } } });
    this.world.answers.set(SEARCH, {
      body: { data: { items: [{ symbol: 'SPY', options: true }] } },
    });
  }

  run<K extends ReadKind>(what: K, ask: AskOf<K>) {
    return this.world.run(this.reader[what](ask));
  }

  breakOff(): void {
    this.world.statement = undefined;
    this.world.answers.set(METRICS, 'fails').set(SEARCH, 'fails');
    this.#spoilFile();
  }

  answerNonsense(): void {
    this.world.statement = undefined;
    this.world.answers.set(METRICS, { body: '<html>' }).set(SEARCH, { body: '<html>' });
    this.#spoilFile();
  }

  #spoilFile(): void {
    this.world.files.set('watchlists.json', '<html>');
  }

  cachedPaths(): readonly string[] {
    return this.world.steps.flatMap((step) =>
      step.kind === 'http' && step.cacheMillis !== undefined ? [step.path] : [],
    );
  }
}

accountReaderContract('the paper broker', () => new PaperReaderRig());

describe('the paper account', () => {
  it('holds each leg of a condor at the price it was filled, signed', () => {
    const rig = new PaperReaderRig();
    const result = rig.run('positions', {});
    if (result.kind !== 'read') throw new Error(result.kind);
    const fills = rig.world.statement?.ledger.flatMap((e) => (e.kind === 'fill' ? [e.fill] : []));
    expect(result.value.positions).toHaveLength(4);
    expect(
      result.value.positions.map(({ quantity }) => quantity).toSorted((a, b) => a - b),
    ).toEqual([-1, -1, 1, 1]);
    const prices = fills?.map(({ price }) => price / 10_000);
    expect(result.value.positions.map(({ averagePrice }) => averagePrice)).toEqual(prices);
  });

  it('is worth its cash and the marks of what it holds', () => {
    const rig = new PaperReaderRig();
    const { value } = rig.run('balances', {}) as { value: { netLiquidatingValueCents: number } };
    const { positions = [], cashCents = 0 } = rig.world.statement ?? {};
    const marks = positions.reduce(
      (sum, { mark = 0, quantity }) => sum + (mark / 100) * quantity * 100,
      0,
    );
    expect(value.netLiquidatingValueCents).toBe(Math.round(cashCents + marks));
  });

  it('says what to use where the feed has no market service', () => {
    const bare = paperReader({ marketSource: undefined });
    const world = new ReadingRig();
    expect(world.run(bare.metrics({ symbols: ['SPY'] })).kind).toBe('unsupported');
    expect(world.run(bare.symbols({ text: 'SPY', limit: 1 })).kind).toBe('unsupported');
  });

  it('has no public watchlists, and does not keep more than a hundred of its own', () => {
    const rig = new PaperReaderRig();
    expect(rig.run('watchlists', { kind: 'public' }).kind).toBe('unsupported');
    const full = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`list ${i}`, []]));
    rig.world.files.set('watchlists.json', JSON.stringify(full));
    expect(rig.run('writeWatchlist', { name: 'one more', symbols: [] }).kind).toBe('failed');
    expect(rig.run('writeWatchlist', { name: 'list 7', symbols: ['SPY'] }).kind).toBe('read');
  });
});
