import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createChainBuffer,
  EPOCH_WORD,
  MAX_CONTRACTS,
  rowVersionWord,
  UNDERLYING,
} from '../../../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../../../src/engine/chain/chain-reader.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import { DeltaringError } from '../../../src/engine/domain/errors.ts';
import { occSymbol, streamerSymbol } from '../../../src/engine/domain/instrument.ts';
import { price, sessionDate } from '../../../src/engine/domain/units.ts';
import { createRingBuffer } from '../../../src/engine/ring/ring-layout.ts';
import { RingReader, type RingRecord } from '../../../src/engine/ring/ring-reader.ts';
import { RingWriter } from '../../../src/engine/ring/ring-writer.ts';
import { allocatedBytes } from '../../support/allocated-bytes.ts';
import { plainRecord, plainSlice, plainView } from '../../support/plain-slice.ts';
import { atMinute, BlackChain, listingOf, option, SESSION, sessionOf } from './black-chain.ts';

const at = atMinute(120);
const ROUNDS = 5;

/** A chain, and a thread that frees a lock of it once a reader naps on that. */
async function beside() {
  const chain = new BlackChain();
  chain.batch(at);
  const other = new URL('./held-lock-worker.ts', import.meta.url);
  const worker = new Worker(other, { workerData: chain.buffer });
  await once(worker, 'online');
  return { chain, words: new Int32Array(chain.buffer), worker };
}

function quoted(bid: number | undefined, ask: number | undefined) {
  const side = (value: number | undefined) => (value === undefined ? undefined : price(value));
  return { bid: side(bid), ask: side(ask), bidSize: 1, askSize: 2 };
}

describe('a chain buffer', () => {
  it('is refused when it is something else or of another version', () => {
    expect(() => new ChainReader(new SharedArrayBuffer(64))).toThrow(DeltaringError);
    expect(() => new ChainWriter(new SharedArrayBuffer(createChainBuffer().byteLength))).toThrow(
      'not a chain',
    );
    const other = createChainBuffer();
    new Int32Array(other)[1] = 7;
    expect(() => new ChainReader(other)).toThrow('version 7');
  });

  it('has no slice before a session opens', () => {
    const buffer = createChainBuffer();
    const reader = new ChainReader(buffer);
    expect(reader.slice()).toBeUndefined();
    expect(reader.view(0)).toBeUndefined();
    expect(reader.quote(0)).toBeUndefined();
    new ChainWriter(buffer).endBatch(at);
    expect(reader.slice()).toBeUndefined();
    expect(reader.quote(UNDERLYING)).toBeUndefined();
    expect(reader.view(0)).toBeUndefined();
  });
});

describe('a session', () => {
  it('shows its contracts before the first quote, every number unknown', () => {
    const chain = new BlackChain(595, 605);
    const slice = chain.reader.slice();
    expect(slice).toMatchObject({ underlying: 'SPY', session: SESSION, asOf: atMinute(0) });
    expect(slice?.calls).toHaveLength(11);
    expect(plainView(slice?.calls[0])).toEqual({
      index: 0,
      contract: option('call', 595),
      quote: undefined,
      impliedVol: undefined,
      greeks: undefined,
      modelled: false,
      last: undefined,
      volume: undefined,
      openInterest: undefined,
      feedDelta: undefined,
    });
  });

  it('keeps a half day and its instants', () => {
    const chain = new BlackChain();
    const half = sessionOf('2026-11-27');
    chain.writer.openSession(listingOf(600, 601, half.date), half, at);
    expect(chain.reader.slice()?.session).toEqual(half);
  });

  it('finds a contract by OCC symbol, padded or not, and by streamer symbol', () => {
    const { writer } = new BlackChain(595, 605);
    const contract = option('put', 597);
    expect(writer.indexOf(occSymbol(contract))).toBe(5);
    expect(writer.indexOf(occSymbol(contract).replaceAll(' ', ''))).toBe(5);
    expect(writer.indexOf(streamerSymbol(contract))).toBe(5);
    expect(writer.indexOf('SPY')).toBe(UNDERLYING);
    expect(writer.indexOf('.SPY261120P100')).toBeUndefined();
    expect(writer.indexOf('nonsense')).toBeUndefined();
    expect(writer.symbolOf(5)).toBe(occSymbol(contract));
    expect(writer.symbolOf(UNDERLYING)).toBe('SPY');
    expect(writer.symbolOf(22)).toBeUndefined();
    expect(writer.symbolOf(-2)).toBeUndefined();
  });

  it('shows each right in ascending strike order, in whatever order contracts were listed', () => {
    const chain = new BlackChain(598, 600);
    chain.writer.addContracts([option('call', 597), option('put', 599.5), option('call', 598)]);
    chain.writer.endBatch(at);
    const slice = chain.reader.slice();
    expect(slice?.calls.map((view) => view.contract.strike / 10_000)).toEqual([597, 598, 599, 600]);
    expect(slice?.puts.map((view) => view.contract.strike / 10_000)).toEqual([
      598, 599, 599.5, 600,
    ]);
    expect(chain.writer.contractCount).toBe(8);
    expect(slice?.calls[0]?.index).toBe(6);
  });

  it('holds MAX_CONTRACTS and refuses one more without adding any', () => {
    const writer = new ChainWriter(createChainBuffer());
    const many = listingOf(1, MAX_CONTRACTS / 2);
    writer.openSession(many, SESSION, at);
    expect(writer.contractCount).toBe(MAX_CONTRACTS);
    const above = () => writer.addContracts([option('call', 5_000)]);
    expect(above).toThrow(`${MAX_CONTRACTS + 1} contracts`);
    expect(above).toThrow(`${MAX_CONTRACTS} a chain holds`);
    expect(writer.contractCount).toBe(MAX_CONTRACTS);
  });

  it('refuses contracts of another day, a listing of another day, and rows it does not have', () => {
    const chain = new BlackChain(600, 601);
    const tomorrow = sessionDate('2026-11-23');
    expect(() => chain.writer.addContracts([option('call', 600, tomorrow)])).toThrow('2026-11-20');
    expect(() => chain.writer.setOpenInterest(4, 1)).toThrow('no row 4');
    expect(() => chain.writer.setQuote(-2, quoted(1, 2), at)).toThrow('no row -2');
    expect(() => chain.writer.openSession(listingOf(1, 2, tomorrow), SESSION, at)).toThrow(
      'the session of 2026-11-20',
    );
    expect(chain.reader.slice()).toBeUndefined();
    expect(() => chain.writer.addContracts([])).toThrow('openSession first');
  });

  it('hides every row of the session before', () => {
    const chain = new BlackChain();
    chain.batch(at);
    const row = chain.rowOf(option('call', 620));
    expect(chain.reader.view(row)?.quote).toBeDefined();
    chain.writer.openSession(listingOf(600, 601), SESSION, at);
    expect(chain.reader.view(row)).toBeUndefined();
    expect(chain.reader.quote(row)).toBeUndefined();
    expect(chain.reader.view(0)?.quote).toBeUndefined();
    expect(chain.reader.quote(UNDERLYING)).toBeUndefined();
    expect(chain.reader.slice()?.calls).toHaveLength(2);
    expect(chain.reader.view(0)?.contract).toEqual(option('call', 600));
  });

  it('is gone once expired, until the next one opens', () => {
    const chain = new BlackChain();
    chain.batch(at);
    const epoch = chain.reader.epoch();
    chain.writer.expire({ market: SESSION.lastTrade, wall: at.wall });
    expect(chain.reader.slice()).toBeUndefined();
    expect(chain.reader.view(0)).toBeUndefined();
    expect(chain.reader.quote(UNDERLYING)).toBeUndefined();
    expect(chain.reader.epoch()).toBeGreaterThan(epoch);
    expect(chain.writer.indexOf(occSymbol(option('call', 600)))).toBeUndefined();
    chain.writer.endBatch(at);
    expect(chain.reader.slice()).toBeUndefined();
    chain.writer.openSession(chain.listing, SESSION, at);
    expect(chain.reader.slice()?.calls).toHaveLength(61);
  });

  it('is void when a new writer takes the buffer over, even one left locked by a crash', () => {
    const chain = new BlackChain();
    chain.batch(at);
    const words = new Int32Array(chain.buffer);
    Atomics.add(words, EPOCH_WORD, 1);
    Atomics.add(words, rowVersionWord(3), 1);
    expect(chain.reader.slice()).toBeUndefined();
    expect(chain.reader.view(3)).toBeUndefined();
    expect(chain.reader.counts().busy).toBe(2);
    const writer = new ChainWriter(chain.buffer);
    expect(chain.reader.slice()).toBeUndefined();
    expect(chain.reader.counts().busy).toBe(2);
    writer.openSession(chain.listing, SESSION, at);
    expect(chain.reader.slice()?.calls).toHaveLength(61);
    expect(chain.reader.view(3)?.index).toBe(3);
  });

  it('is waited for while its writer is put off the processor in the middle of a batch', async () => {
    const { chain, words, worker } = await beside();
    let whole = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      Atomics.add(words, EPOCH_WORD, 1);
      worker.postMessage(EPOCH_WORD);
      if (chain.reader.slice()?.calls.length === 61) whole += 1;
      const held = Atomics.load(words, EPOCH_WORD);
      if (held % 2 === 1) Atomics.wait(words, EPOCH_WORD, held);
    }
    await worker.terminate();
    expect(whole).toBeGreaterThan(0);
    expect(chain.reader.counts().busy).toBe(ROUNDS - whole);
  });

  it('is waited for once a batch, however many of its rows are locked', async () => {
    const { chain, words, worker } = await beside();
    const next = rowVersionWord(1);
    for (const word of [EPOCH_WORD, rowVersionWord(0), next]) Atomics.add(words, word, 1);
    expect(chain.reader.view(0)).toBeUndefined();
    worker.postMessage(next);
    expect([chain.reader.view(1), chain.reader.slice()]).toEqual([undefined, undefined]);
    await worker.terminate();
    expect(Atomics.load(words, next) % 2).toBe(1);
    expect(chain.reader.counts().busy).toBe(3);
  });
});

describe('a batch', () => {
  it('is invisible until it ends, then visible as a whole', () => {
    const chain = new BlackChain(600, 601);
    const row = chain.rowOf(option('call', 600));
    chain.writer.setQuote(row, quoted(100, 200), at);
    chain.writer.setLast(row, price(150), 77);
    chain.writer.setOpenInterest(row, 900);
    chain.writer.setFeedGreeks(row, 0.41, 0.2, at);
    chain.writer.setQuote(UNDERLYING, quoted(6_000_000, 6_000_100), at);
    expect(chain.reader.view(row)?.quote).toBeUndefined();
    const epoch = chain.reader.epoch();
    chain.writer.endBatch(at);
    expect(chain.reader.epoch()).toBe(epoch + 1);
    expect(chain.reader.view(row)).toMatchObject({
      quote: { bid: 100, ask: 200, bidSize: 1, askSize: 2, at },
      last: 150,
      volume: 77,
      openInterest: 900,
      feedDelta: 0.41,
    });
    expect(chain.reader.slice()).toMatchObject({ spot: 6_000_050, asOf: at, epoch: epoch + 1 });
    expect(chain.reader.quote(UNDERLYING)?.ask).toBe(6_000_100);
  });

  it('can show its quotes before it is valued, and is the same for it in the end', () => {
    const [ahead, plain] = [new BlackChain(), new BlackChain()];
    const row = ahead.rowOf(option('call', 603));
    for (const chain of [ahead, plain]) {
      chain.batch(at);
      chain.writer.setQuote(row, quoted(9_900, 10_100), at);
      chain.writer.setLast(1, price(150), 77);
    }
    const before = ahead.reader.view(row)?.impliedVol;
    const epoch = ahead.reader.epoch();
    ahead.writer.showQuotes(at);
    expect(ahead.reader.epoch()).toBe(epoch + 1);
    expect(ahead.reader.quote(row)).toMatchObject({ bid: 9_900, ask: 10_100 });
    expect(ahead.reader.view(1)).toMatchObject({ last: 150, volume: 77 });
    expect(ahead.reader.view(row)?.impliedVol).toBe(before);
    for (const { writer } of [ahead, plain]) writer.endBatch(at);
    expect(ahead.reader.view(row)?.impliedVol).not.toBe(before);
    const views = ({ reader }: BlackChain) =>
      [0, 1, row].map((index) => plainView(reader.view(index)));
    expect(views(ahead)).toEqual(views(plain));
  });

  it('shows nothing beforehand where it is not going to be valued', () => {
    const chain = new BlackChain(600, 604);
    chain.batch(at);
    for (let n = 0; n < 100; n += 1) chain.writer.endBatch(at);
    const epoch = chain.reader.epoch();
    chain.writer.setQuote(0, quoted(9_900, 10_100), at);
    chain.writer.showQuotes(at);
    expect(chain.reader.epoch()).toBe(epoch);
    chain.writer.endBatch(at);
    expect(chain.reader.quote(0)?.bid).toBe(9_900);
  });

  it('takes a price of zero or below for a side without a price', () => {
    const chain = new BlackChain(600, 601);
    chain.writer.setQuote(0, quoted(0, 100), at);
    chain.writer.setQuote(1, quoted(undefined, 0), at);
    chain.writer.endBatch(at);
    expect(chain.reader.quote(0)).toMatchObject({ bid: undefined, ask: 100 });
    expect(chain.reader.quote(1)).toMatchObject({ bid: undefined, ask: undefined });
  });

  it('keeps the volume when a later trade does not tell it', () => {
    const chain = new BlackChain(600, 601);
    chain.writer.setLast(0, price(100), 5);
    chain.writer.setLast(0, price(200), undefined);
    chain.writer.endBatch(at);
    expect(chain.reader.view(0)).toMatchObject({ last: 200, volume: 5 });
  });

  it('has no spot while the underlying is crossed, and one while it is locked', () => {
    const chain = new BlackChain(600, 601);
    chain.writer.setQuote(UNDERLYING, quoted(6_000_100, 6_000_000), at);
    chain.writer.endBatch(at);
    expect(chain.reader.slice()?.spot).toBeUndefined();
    expect(chain.reader.slice()?.spotQuote?.bid).toBe(6_000_100);
    chain.writer.setQuote(UNDERLYING, quoted(6_000_000, 6_000_000), at);
    chain.writer.endBatch(at);
    expect(chain.reader.slice()?.spot).toBe(6_000_000);
  });

  it('gives one slice object an epoch, and never changes it', () => {
    const chain = new BlackChain();
    chain.batch(at);
    const slice = chain.reader.slice();
    const frozen = plainSlice(slice);
    expect(chain.reader.slice()).toBe(slice);
    chain.forward = 601;
    chain.batch(atMinute(121));
    expect(chain.reader.slice()).not.toBe(slice);
    expect(plainSlice(slice)).toEqual(frozen);
  });

  it('is read in part where little changed and in one copy where most did, to the same slice', () => {
    const chain = new BlackChain();
    const row = fc.nat(chain.writer.contractCount - 1);
    const change = fc.tuple(fc.array(row, { maxLength: 130 }), fc.integer({ min: 1, max: 9_000 }));
    const step = fc.oneof(change, fc.constant(undefined));
    let minute = 100;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        for (const each of steps) {
          minute += 1;
          if (each === undefined) chain.batch(atMinute(minute));
          const [rows, bid] = each ?? [[], 0];
          for (const changed of rows) chain.writer.setQuote(changed, quoted(bid, 9_500), at);
          chain.writer.endBatch(atMinute(minute));
          const afresh = new ChainReader(chain.buffer).slice();
          expect(plainSlice(chain.reader.slice())).toEqual(plainSlice(afresh));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('gives the same bytes for the same calls', () => {
    const first = new BlackChain();
    const second = new BlackChain();
    for (const chain of [first, second]) {
      for (let minute = 100; minute < 110; minute += 1) {
        chain.forward = 600 + Math.sin(minute);
        chain.batch(atMinute(minute));
      }
    }
    expect(Buffer.from(first.buffer).equals(Buffer.from(second.buffer))).toBe(true);
  });

  it('shows views and slice alike, whatever came', () => {
    const side = fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined });
    const quotes = fc.array(fc.tuple(fc.nat(21), side, side), { maxLength: 60 });
    fc.assert(
      fc.property(quotes, fc.nat(374), (list, minute) => {
        const chain = new BlackChain(595, 605);
        for (const [row, bid, ask] of list) chain.writer.setQuote(row, quoted(bid, ask), at);
        chain.writer.endBatch(atMinute(minute));
        const slice = chain.reader.slice();
        for (const view of [...(slice?.calls ?? []), ...(slice?.puts ?? [])]) {
          const plain = plainView(view);
          expect(plainView(chain.reader.view(view.index))).toEqual(plain);
          expect(plainView(chain.reader.load(view.index))).toEqual(plain);
          expect(view.impliedVol === undefined).toBe(view.greeks === undefined);
          expect(Math.abs(view.greeks?.delta ?? 0)).toBeLessThanOrEqual(1);
          const numbers = [view.impliedVol ?? 0, ...Object.values(view.greeks ?? {})];
          expect(numbers.every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the ring of a chain', () => {
  function withRing(): { chain: BlackChain; read: () => RingRecord[] } {
    const buffer = createRingBuffer(4_096);
    const reader = new RingReader(buffer);
    const chain = new BlackChain(590, 610, new RingWriter(buffer));
    const read = () => {
      const records: RingRecord[] = [];
      reader.poll((record) => records.push(plainRecord(record)), 10_000);
      return records;
    };
    return { chain, read };
  }

  it('tells what was quoted, with the epoch in which it can be read', () => {
    const { chain, read } = withRing();
    chain.batch(at);
    const records = read();
    expect(records).toHaveLength(43);
    expect(records[0]).toMatchObject({ index: UNDERLYING, spot: 6_003_700, delta: undefined });
    const row = chain.rowOf(option('call', 601));
    const view = chain.reader.view(row);
    expect(records.find((record) => record.index === row)).toEqual({
      index: row,
      epoch: chain.reader.epoch(),
      bid: view?.quote?.bid,
      ask: view?.quote?.ask,
      bidSize: 10,
      askSize: 12,
      delta: view?.greeks?.delta,
      impliedVol: view?.impliedVol,
      spot: 6_003_700,
      marketMicros: at.market,
      wallMicros: at.wall,
    });
  });

  it('is silent about rows that nothing happened to', () => {
    const { chain, read } = withRing();
    chain.batch(at);
    read();
    chain.writer.endBatch(at);
    expect(read()).toEqual([]);
    const row = chain.rowOf(option('put', 595));
    chain.writer.setQuote(row, chain.reader.quote(row) ?? quoted(1, 2), at);
    chain.writer.endBatch(at);
    expect(read().map((record) => record.index)).toEqual([row]);
  });

  it('tells of a delta that moved without a quote of its own', () => {
    const { chain, read } = withRing();
    chain.batch(at);
    read();
    chain.forward = 600.9;
    const near = chain.listing.contracts.filter((contract) => contract.strike > 5_970_000);
    for (const contract of near) {
      const mid = Math.round(chain.valueOf(contract, at) * 10_000);
      chain.quote(contract, mid > 100 ? mid - 100 : undefined, mid + 100, at);
    }
    chain.writer.endBatch(at);
    const told = read().map((record) => record.index);
    expect(told).toContain(chain.rowOf(option('put', 597)));
    expect(told).not.toContain(chain.rowOf(option('put', 590)));
  });
});

it('prices a whole batch without allocating for each row of it', () => {
  const chain = new BlackChain();
  const batches = (): void => {
    for (let n = 0; n < 300; n += 1) chain.writer.endBatch(at);
  };
  batches();
  const perBatch = allocatedBytes(batches) / 300;
  // 122 rows of views, quotes and greeks as objects would be some 30 KB.
  expect(perBatch).toBeLessThan(1_000);
});
