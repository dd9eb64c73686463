import { describe, expect, it } from 'vitest';
import { quoteOf } from '../../../src/desk/desk-context.ts';
import { quoteStreamOf } from '../../../src/desk/session/freshness.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { addMicros, type EpochMicros, price } from '../../../src/engine/domain/units.ts';
import { asEvidence, quoteAgeMillis } from '../../../src/risk/quote-age.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

/** A desk whose chain was quoted in full, twice, on this connection. */
function opened(): DeskRig {
  const rig = new DeskRig();
  rig.open();
  rig.advance(1);
  return rig;
}

/** Lets seconds pass in which every row but those of `silent` changes ten times a second. */
class Market {
  readonly rig: DeskRig;
  readonly silent = new Set<number>();
  #micros = 0;

  constructor(rig: DeskRig) {
    this.rig = rig;
  }

  get at() {
    const { market, wall } = this.rig.at;
    const later = (at: EpochMicros) => addMicros(at, this.#micros);
    return { market: later(market), wall: later(wall) };
  }

  pass(seconds: number, change = true): void {
    const { rig } = this;
    for (let i = 0; i < seconds * 10; i += 1) {
      this.#micros += 100_000;
      const { at } = this;
      for (let row = -1; change && row < rig.desk.context.chain.contractCount; row += 1) {
        const quote = rig.desk.context.reader.quote(row);
        if (quote === undefined || this.silent.has(row)) continue;
        const { bid, ask, bidSize, askSize } = quote;
        rig.step({ kind: 'quote', at, index: row, bid, ask, bidSize, askSize });
      }
      rig.step({ kind: 'batchEnd', at });
    }
  }

  /** The check that refuses a condor now, or `allowed`. */
  verdict(): string {
    const { rig } = this;
    const tokenSha256 = rig.newToken();
    const request = { kind: 'previewStrategy' as const, request: CONDOR, tokenSha256 };
    rig.step({
      kind: 'command',
      at: this.at,
      id: 900_000 + this.#micros,
      caller: { principal: 'trader', authority: 'open' },
      command: request,
    });
    const reply = rig.reply<unknown>(900_000 + this.#micros);
    return reply !== undefined && 'denied' in reply ? reply.denied.code : 'allowed';
  }

  ageOf(symbol: string): number {
    const { evidence, day } = this.rig.desk.context;
    evidence.look(day);
    const quote = evidence.of(symbol);
    return quote === undefined ? Number.NaN : quoteAgeMillis(quote, this.at);
  }
}

const WING = 'SPY   261120C00606000';
const rowOf = (rig: DeskRig, symbol: string) =>
  rig.desk.context.chain.indexOf(symbol) ?? Number.NaN;

/** The same from the reader's own objects. */
function plainly(rig: DeskRig, symbol: string) {
  const { context } = rig.desk;
  const quote = quoteOf(context, symbol);
  const ceilingMillis = symbol === 'SPY' ? 0 : undefined;
  return quote && asEvidence(quote, quoteStreamOf(context), ceilingMillis);
}

describe('the evidence that is lent', () => {
  it('is what the reader and the stream say, for every symbol, whatever the feed does', () => {
    const market = new Market(opened());
    const { rig } = market;
    const { evidence, chain, day } = rig.desk.context;
    const symbols = ['SPY', 'QQQ', 'SPY   261120C09999000'];
    for (let row = 0; row < chain.contractCount; row += 1) symbols.push(chain.symbolOf(row) ?? '');
    const isSame = (): void => {
      evidence.look(day);
      for (const symbol of symbols) expect(evidence.of(symbol)).toEqual(plainly(rig, symbol));
    };
    market.silent.add(rowOf(rig, WING));
    isSame();
    market.pass(2);
    isSame();
    const late = { kind: 'feed', at: market.at, connected: true, detail: 'late' } as const;
    rig.step({ ...late, lateMillis: 3_000 });
    isSame();
    rig.step({ ...late, connected: false });
    isSame();
  });

  it('is one object a symbol for all looks, until nothing is held', () => {
    const { evidence, day } = opened().desk.context;
    evidence.look(day);
    const first = evidence.of(WING);
    expect(first?.at.market).toBeGreaterThan(0);
    evidence.look(day);
    expect(evidence.of(WING)).toBe(first);
    evidence.forget();
    expect(evidence.of(WING)).not.toBe(first);
    expect(evidence.of(WING)).toEqual(first);
  });
});

describe('data age by stream', () => {
  it('takes a quiet contract for as fresh as the quotes around it', () => {
    const market = new Market(opened());
    market.silent.add(rowOf(market.rig, WING));
    market.pass(20);
    expect(market.ageOf(WING)).toBe(0);
  });

  it('finds every quote stale in a frozen feed, although batches come', () => {
    const market = new Market(opened());
    market.pass(1);
    market.pass(6, false);
    expect(market.ageOf(WING)).toBe(6_000);
    expect(market.ageOf('SPY')).toBe(6_000);
  });

  it('finds one leg stale whose subscription ended in silence, beyond the ceiling', () => {
    const market = new Market(opened());
    market.silent.add(rowOf(market.rig, WING));
    market.pass(62);
    expect(market.ageOf(WING)).toBeGreaterThan(60_000);
    expect(market.ageOf('SPY')).toBe(0);
  });

  it('finds a late feed as stale as it is late, and pages once', () => {
    const market = new Market(opened());
    market.pass(1);
    const { rig } = market;
    const late = { kind: 'feed', at: market.at, connected: true, detail: 'late' } as const;
    rig.step({ ...late, lateMillis: 7_000 });
    rig.step({ ...late, lateMillis: 8_000 });
    expect(market.ageOf('SPY')).toBe(8_000);
    expect(rig.alerts().filter((code) => code === 'FEED_LATE')).toHaveLength(1);
    rig.step(late);
    expect(market.ageOf('SPY')).toBe(0);
  });

  it('takes the first quotes of a new connection for no news', () => {
    const rig = opened();
    const market = new Market(rig);
    market.pass(1);
    const feed = { kind: 'feed', detail: 'test' } as const;
    rig.step({ ...feed, at: market.at, connected: false });
    rig.step({ ...feed, at: market.at, connected: true });
    const { bid, ask } = { bid: price(100), ask: price(200) };
    const row = rowOf(rig, WING);
    const first = { kind: 'quote', at: market.at, index: row, bid, ask } as const;
    rig.step({ ...first, bidSize: 1, askSize: 1 });
    expect(rig.desk.context.day.quoteNews.wall).toBe(0);
    rig.step({ ...first, bidSize: 2, askSize: 1 });
    expect(rig.desk.context.day.quoteNews.wall).toBe(market.at.wall);
  });

  it('refuses an opening in a frozen feed and allows it among quiet wings', () => {
    const market = new Market(opened());
    for (const contract of market.rig.listing().contracts) {
      const isFar = Math.abs(contract.strike / 10_000 - market.rig.spot) > 3;
      const row = rowOf(market.rig, instrumentSymbol(contract));
      if (isFar) market.silent.add(row);
    }
    market.pass(20);
    expect(market.verdict()).toBe('allowed');
    market.pass(7, false);
    expect(market.verdict()).toBe('data_stale');
  });
});
