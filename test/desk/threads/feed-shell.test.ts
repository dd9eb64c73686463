import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Input } from '../../../src/desk/inputs.ts';
import { FeedShell, millisOf } from '../../../src/desk/threads/feed-shell.ts';
import type { FeedTransport } from '../../../src/desk/threads/feed-socket.ts';
import { createChainBuffer } from '../../../src/engine/chain/chain-layout.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import { wallMicros } from '../../../src/engine/domain/clock.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { streamerSymbol } from '../../../src/engine/domain/instrument.ts';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import type { UnderlyingSymbol } from '../../../src/engine/domain/underlying.ts';
import { addMicros, epochMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { EVENT_FLAGS } from '../../../src/engine/feed/event-flags.ts';
import { Counters, createCountersBuffer } from '../../../src/ops/counters.ts';
import { DATE, quoteToken, startTestSim } from '../../sim/sim-under-test.ts';
import { buildAt, buildSession } from '../../support/chain-builder.ts';
import { TinyDxLinkServer } from '../../support/feed/tiny-dxlink-server.ts';

const TOKEN = 'the-token';
const PATIENCE_MILLIS = 10_000;

const CONTRACTS = (['call', 'put'] as const).map((right): OptionContract => {
  return { kind: 'option', root: 'SPY', expiry: DATE, right, strike: priceFromDollars(600) };
});
const SYMBOLS = ['SPY', ...CONTRACTS.map(streamerSymbol)];

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A feed's shell on a clock that a test can push forward; its inputs are kept. */
class ShellRig {
  readonly inputs: Input[] = [];
  readonly counters = new Counters(createCountersBuffer());
  tokensAsked = 0;
  /** By how much the clock is known to be ahead. */
  knownAheadMillis = 0;
  /** The session that the watchdog of streams goes by; none unless a test sets one. */
  session: SessionTimes | undefined;
  #ahead = 0;
  readonly shell: FeedShell;

  constructor(transport: FeedTransport = 'own', underlying: UnderlyingSymbol = 'SPY') {
    const chain = new ChainWriter(createChainBuffer());
    const listing = { underlying, date: DATE, contracts: CONTRACTS };
    chain.openSession(listing, buildSession(DATE), buildAt(DATE, 630));
    this.shell = new FeedShell({
      clock: { now: () => this.#now(), aheadMillis: () => this.knownAheadMillis },
      counters: this.counters,
      chain,
      underlying,
      aggregationSeconds: 0.1,
      version: '0.1.0',
      transport,
      jitter: () => 0,
      session: () => this.session,
      step: (input) => this.inputs.push({ ...input, at: { ...input.at } }),
      requestToken: () => {
        this.tokensAsked += 1;
      },
    });
    closers.push(() => this.shell.stop());
  }

  #now() {
    const now = addMicros(wallMicros(), this.#ahead);
    return { market: now, wall: now };
  }

  /** Starts, shows the token and wants the chain. */
  start(url: string, token = TOKEN): void {
    this.shell.start();
    this.shell.onToken(url, token);
    this.shell.subscribe(SYMBOLS, millisOf(buildSession(DATE).open) - 60_000);
  }

  /** Lets time pass at once. */
  pass(seconds: number): void {
    this.#ahead += seconds * 1_000_000;
    this.shell.onClock();
  }

  /** Lets the waits of the protocol pass at once: reconnects and paced subscriptions. */
  skipAhead(): void {
    const wake = this.shell.nextWake();
    if (wake !== undefined) this.#ahead += Math.max(0, wake - this.#now().wall);
    this.shell.onClock();
  }

  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MILLIS;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`not so: ${this.shell.status().detail}`);
      this.shell.onClock();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  kinds(): ReadonlySet<string> {
    return new Set(this.inputs.map(({ kind }) => kind));
  }

  /** How late the feed was last said to be. */
  lateMillis(): number | undefined {
    const feeds = this.inputs.flatMap((input) => (input.kind === 'feed' ? [input] : []));
    return feeds.at(-1)?.lateMillis;
  }

  connections(): readonly boolean[] {
    return this.inputs.flatMap((input) => (input.kind === 'feed' ? [input.connected] : []));
  }
}

/** A session that has been open for an hour and goes on for another. */
function sessionAround(): SessionTimes {
  const now = wallMicros();
  const mark = addMicros(now, 3_600_000_000);
  const open = addMicros(now, -3_600_000_000);
  return {
    ...buildSession(DATE),
    open,
    exerciseMark: mark,
    lastTrade: addMicros(mark, 900_000_000),
  };
}

async function tinyServer(): Promise<TinyDxLinkServer> {
  const server = await TinyDxLinkServer.listen(TOKEN);
  closers.push(() => server.close());
  return server;
}

/** Connects, goes silent in session, and is given up for the next connection, which stands. */
async function giveUpSilent(rig: ShellRig, url: string): Promise<void> {
  rig.start(url);
  await rig.until(() => rig.kinds().has('quote'));
  rig.session = sessionAround();
  rig.pass(15);
  rig.skipAhead();
  await rig.until(() => rig.connections().at(-1) === true);
}

describe('the shell of the feed', () => {
  it('asks for a token, connects, and makes quotes of the chain into inputs', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    expect(rig.tokensAsked).toBe(1);
    await rig.until(() => rig.kinds().has('batchEnd'));
    await rig.until(() => rig.inputs.filter(({ kind }) => kind === 'quote').length >= 3);
    expect(rig.connections()).toEqual([true]);
    const quotes = rig.inputs.flatMap((input) => (input.kind === 'quote' ? [input] : []));
    expect(new Set(quotes.map(({ index }) => index))).toEqual(new Set([-1, 0, 1]));
    expect(quotes[0]).toMatchObject({ bid: 6_691_200, ask: 6_691_300, bidSize: 7, askSize: 13 });
    const counted = ['feed_frames', 'feed_bytes', 'feed_events'] as const;
    expect(counted.every((name) => rig.counters.get(name) > 0)).toBe(true);
    expect(rig.counters.histogram('tick_to_chain_micros').count).toBeGreaterThan(0);
  });

  it.each(['own', 'ws'] as const)(
    'ends a batch behind all that %s read at once',
    async (transport) => {
      const server = await tinyServer();
      const rig = new ShellRig(transport);
      rig.start(server.url);
      const quotes = () => rig.inputs.filter(({ kind }) => kind === 'quote').length;
      await rig.until(() => quotes() >= 3);
      rig.inputs.length = 0;
      for (let size = 1; size <= 20; size += 1) server.quote('SPY', [669.12, 669.13, size, 1]);
      await rig.until(() => quotes() === 20);
      const batches = rig.inputs.filter(({ kind }) => kind === 'batchEnd').length;
      expect(batches).toBeGreaterThan(0);
      expect(batches).toBeLessThanOrEqual(20);
      expect(rig.inputs.at(-1)?.kind).toBe('batchEnd');
      const [events, frames] = [rig.counters.get('feed_events'), rig.counters.get('feed_frames')];
      expect([events, frames > 20]).toEqual([23, true]);
    },
  );

  it('ends a batch behind a frame that is long enough for one, whatever was read with it', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    const kinds = () => rig.inputs.map(({ kind }) => kind);
    await rig.until(() => kinds().filter((kind) => kind === 'quote').length >= 3);
    rig.inputs.length = 0;
    const long = Array.from({ length: 600 }, (_, i) => [669.12, 669.13, 1 + i, 1]);
    for (const frame of [long, long, long.slice(0, 2)]) server.quote('SPY', ...frame);
    await rig.until(() => kinds().filter((kind) => kind === 'batchEnd').length === 3);
    const ends = kinds().flatMap((kind, place) => (kind === 'batchEnd' ? [place] : []));
    expect(ends).toEqual([600, 1_201, 1_204]);
  });

  it('wants quotes of everything first, then the slow types, and bars of the underlying', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    const wanted = () => server.received.flatMap(({ add = [] }) => add);
    await rig.until(() => wanted().length >= 3 + 2 * 4);
    const types = wanted().map(({ type, symbol }) => `${type} ${symbol}`);
    expect(types).toEqual(
      expect.arrayContaining([
        'Quote SPY',
        'Trade SPY',
        ...SYMBOLS.slice(1).flatMap((symbol) =>
          ['Quote', 'Greeks', 'Trade', 'Summary'].map((type) => `${type} ${symbol}`),
        ),
      ]),
    );
    const candles = types.filter((type) => type.startsWith('Candle'));
    expect(candles).toEqual(['Candle SPY{=m,tho=true}']);
  });

  it('tells of a connection that breaks, and comes back by itself', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.connections().at(-1) === true);
    server.breakAll();
    await rig.until(() => rig.connections().at(-1) === false);
    rig.skipAhead();
    await rig.until(() => rig.connections().at(-1) === true);
    expect(rig.connections()).toEqual([true, false, true]);
    expect(rig.counters.get('feed_reconnects')).toBe(1);
  });

  it('drops a token that is refused and asks for another', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url, 'wrong');
    await rig.until(() => rig.shell.status().state !== 'authorizing' && server.received.length > 1);
    for (let turn = 0; turn < 50 && rig.tokensAsked < 2; turn += 1) {
      rig.skipAhead();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(rig.tokensAsked).toBeGreaterThanOrEqual(2);
    expect(rig.connections()).toEqual([]);
    expect(rig.shell.status().detail).not.toContain('wrong');
  });

  it('asks again where no token was to be had', async () => {
    const rig = new ShellRig();
    rig.shell.start();
    rig.shell.onTokenFailed('the service rests');
    expect(rig.shell.status().state).not.toBe('open');
    rig.skipAhead();
    expect(rig.tokensAsked).toBe(2);
  });

  it('counts frames that are none, and lives on', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    closers.push(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    server.on('connection', (socket) => {
      socket.send('{nonsense');
      socket.send(Buffer.from([0xff, 0xfe]));
    });
    const rig = new ShellRig();
    rig.start(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await rig.until(() => rig.shell.decodeErrors() >= 2);
    expect(rig.connections()).toEqual([]);
  });

  it('gives up a connection whose quotes went silent in session, and calls the next one late', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.kinds().has('quote'));
    rig.pass(15);
    expect(rig.connections()).toEqual([true]);
    rig.session = sessionAround();
    rig.pass(2);
    expect(rig.connections()).toEqual([true, false]);
    expect(rig.shell.status().detail).toContain('quotes went silent in session');
    expect(rig.counters.get('feed_streams_stale')).toBeGreaterThan(0);
    rig.skipAhead();
    await rig.until(() => rig.connections().at(-1) === true);
    expect(rig.lateMillis()).toBeGreaterThan(15_000);
    rig.session = { ...rig.session, lastTrade: addMicros(wallMicros(), -1) };
    rig.shell.subscribe(['SPY'], 0);
    rig.pass(1);
    expect(rig.lateMillis()).toBeUndefined();
  });

  it('asks for no quotes of an index, and misses none where no option is wanted', async () => {
    const server = await tinyServer();
    const rig = new ShellRig('own', 'XSP');
    rig.shell.subscribe(['XSP'], 0);
    rig.shell.start();
    rig.shell.onToken(server.url, TOKEN);
    const asked = () => server.received.flatMap(({ add = [] }) => add);
    await rig.until(() => asked().length === 2);
    expect(asked().map(({ type }) => type)).toEqual(['Trade', 'Candle']);
    rig.session = sessionAround();
    rig.pass(15);
    rig.pass(15);
    expect(rig.connections()).toEqual([true]);
  });

  it('is not late for the silence of options of an index once none is wanted', async () => {
    const server = await tinyServer();
    const rig = new ShellRig('own', 'XSP');
    await giveUpSilent(rig, server.url);
    expect(rig.lateMillis()).toBeGreaterThan(15_000);
    rig.shell.subscribe(['XSP'], 0);
    rig.pass(1);
    expect(rig.lateMillis()).toBeUndefined();
  });

  it('gives up no second connection within a minute: a market that is halted is silent too', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    await giveUpSilent(rig, server.url);
    for (let second = 0; second < 57; second += 1) rig.pass(1);
    expect(rig.connections().filter((isUp) => !isUp)).toHaveLength(1);
    rig.pass(4);
    expect(rig.connections().at(-1)).toBe(false);
    expect(rig.shell.status().detail).toContain('next attempt in 1000 ms');
  });

  it('gives up a connection on which the options alone are silent, until one of them tells news', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.inputs.filter(({ kind }) => kind === 'quote').length >= 3);
    rig.session = sessionAround();
    rig.pass(9);
    const spot = async (size: number) => {
      const seen = rig.inputs.length;
      server.quote('SPY', [669.12, 669.13, size, 1]);
      await rig.until(() => rig.inputs.length > seen);
    };
    await spot(1);
    rig.pass(2);
    expect(rig.shell.status().detail).toContain('quotes of options went silent in session');
    expect(rig.counters.get('feed_streams_stale')).toBe(1);
    rig.skipAhead();
    await rig.until(() => rig.connections().at(-1) === true);
    await spot(2);
    rig.pass(1);
    expect(rig.lateMillis()).toBeGreaterThan(11_000);
    server.quote(SYMBOLS[1]!, [1, 1.1, 1, 1], [1, 1.1, 2, 1], [1, 1.1, 3, 1]);
    await rig.until(() => rig.lateMillis() === undefined);
  });

  it('gives up a connection on which the underlying alone is silent, and takes its first quote behind that for none', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    const quotes = (row: number) =>
      rig.inputs.filter((input) => input.kind === 'quote' && input.index === row).length;
    rig.start(server.url);
    await rig.until(() => [-1, 0, 1].every((row) => quotes(row) === 1));
    rig.session = sessionAround();
    const option = async (size: number) => {
      const seen = quotes(0);
      server.quote(SYMBOLS[1]!, [1, 1.1, size, 1]);
      await rig.until(() => quotes(0) > seen);
    };
    rig.pass(9);
    await option(1);
    expect(rig.connections()).toEqual([true]);
    rig.pass(2);
    expect(rig.connections()).toEqual([true, false]);
    expect(rig.shell.status().detail).toContain('quotes of the underlying went silent in session');
    expect(rig.counters.get('feed_streams_stale')).toBe(1);
    rig.skipAhead();
    await rig.until(() => rig.connections().at(-1) === true && quotes(1) === 2);
    await option(2);
    rig.pass(1);
    expect([quotes(-1), rig.lateMillis()]).toEqual([1, undefined]);
    server.quote('SPY', [669.12, 669.13, 8, 13]);
    await rig.until(() => quotes(-1) === 2);
  });

  it('gives up no second connection within a minute for an underlying that stays silent', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.inputs.filter(({ kind }) => kind === 'quote').length >= 3);
    rig.session = sessionAround();
    const seconds = async (count: number) => {
      for (let turn = 0; turn < count; turn += 3) {
        const seen = rig.inputs.length;
        server.quote(SYMBOLS[1]!, [1, 1.1, turn + 1, 1]);
        await rig.until(() => rig.inputs.length > seen);
        rig.pass(3);
        if (rig.connections().at(-1) === true) continue;
        const quotes = () => rig.inputs.filter(({ kind }) => kind === 'quote').length;
        const before = quotes();
        rig.skipAhead();
        await rig.until(() => quotes() >= before + 2);
      }
    };
    await seconds(66);
    expect(rig.connections()).toEqual([true, false, true]);
    await seconds(12);
    expect(rig.connections()).toEqual([true, false, true, false, true]);
  });

  it('gives up a connection on which the bars alone are silent, once until one is new', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.inputs.filter(({ kind }) => kind === 'quote').length >= 3);
    rig.session = sessionAround();
    const first = millisOf(buildSession(DATE).open);
    const bar = (minute: number) => server.candle('SPY{=m,tho=true}', first + minute * 60_000);
    const askedFor = () =>
      server.received.filter(({ channel, add }) => channel === 3 && add !== undefined).length;
    const minutes = async (count: number) => {
      for (let turn = 0; turn < count * 12; turn += 1) {
        const seen = rig.inputs.length;
        for (const symbol of SYMBOLS.slice(0, 2)) server.quote(symbol, [1, 1.1, turn + 1, 1]);
        await rig.until(() => rig.inputs.length >= seen + 2);
        rig.pass(5);
        if (rig.connections().at(-1) === true) continue;
        const before = askedFor();
        rig.skipAhead();
        await rig.until(() => askedFor() > before);
      }
    };
    await rig.until(() => askedFor() === 1);
    bar(0);
    await rig.until(() => rig.kinds().has('bar'));
    await minutes(2);
    expect(rig.connections()).toEqual([true]);
    await minutes(5);
    expect(rig.connections()).toEqual([true, false, true]);
    expect(rig.lateMillis()).toBeUndefined();
    bar(1);
    await rig.until(() => rig.inputs.filter(({ kind }) => kind === 'bar').length === 2);
    await minutes(3);
    expect(rig.connections()).toEqual([true, false, true, false, true]);
  });

  it('hands on that the feed takes a bar back', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    const { open } = buildSession(DATE);
    await rig.until(() =>
      server.received.some(({ channel, add }) => channel === 3 && add !== undefined),
    );
    server.candle('SPY{=m,tho=true}', millisOf(open));
    await rig.until(() => rig.kinds().has('bar'));
    server.candle('SPY{=m,tho=true}', millisOf(open), EVENT_FLAGS.removeEvent);
    await rig.until(() => rig.kinds().has('barGone'));
    expect(rig.inputs.find(({ kind }) => kind === 'barGone')).toMatchObject({ startsAt: open });
  });

  it('takes no volume from a trade of an earlier day, which is the last until a contract trades', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.inputs.filter(({ kind }) => kind === 'quote').length >= 3);
    const open = millisOf(buildSession(DATE).open);
    const yesterday = open - 18 * 3_600_000;
    server.trade(SYMBOLS[1]!, yesterday, 18_234);
    server.trade(SYMBOLS[1]!, yesterday, 'NaN');
    server.trade(SYMBOLS[1]!, open + 90_000, 3);
    const lasts = () => rig.inputs.flatMap((input) => (input.kind === 'last' ? [input] : []));
    await rig.until(() => lasts().length === 3);
    expect(lasts().map(({ volume }) => volume)).toEqual([undefined, undefined, 3]);
  });

  it('tells the lag of the feed where its trades give one', async () => {
    const sim = await startTestSim();
    closers.push(() => sim.stop());
    const rig = new ShellRig();
    rig.start(sim.dxlinkUrl, await quoteToken(sim));
    await rig.until(() => {
      sim.pass(1);
      return rig.shell.lagMillis() !== undefined;
    });
    rig.pass(2);
    expect(rig.counters.get('feed_lag_micros')).toBeDefined();
    rig.pass(20);
    expect(rig.shell.lagMillis()).toBeUndefined();
  });

  it('tells that this machine’s clock is behind where its trades come ahead of it', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.inputs.filter(({ kind }) => kind === 'quote').length >= 3);
    const aheadMillis = () =>
      rig.inputs.flatMap((input) => (input.kind === 'feed' ? [input.aheadMillis] : [])).at(-1);
    const lasts = () => rig.inputs.filter(({ kind }) => kind === 'last').length;
    const trade = async (ahead: number) => {
      const seen = lasts();
      server.trade('SPY', wallMicros() / 1_000 + ahead, 100);
      await rig.until(() => lasts() > seen);
    };
    await trade(600_000);
    rig.pass(2);
    expect(aheadMillis()).toBeUndefined();
    await trade(602_000);
    rig.pass(1);
    expect(aheadMillis()).toBeGreaterThan(590_000);
    rig.pass(16);
    expect(aheadMillis()).toBeUndefined();
  });

  it('takes no lag from what its clock is known to be ahead by', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.inputs.filter(({ kind }) => kind === 'quote').length >= 3);
    const lagOf = async (time: number) => {
      const before = rig.shell.lagMillis();
      server.trade('SPY', time, 100);
      await rig.until(() => rig.shell.lagMillis() !== before);
      return rig.shell.lagMillis();
    };
    const now = wallMicros() / 1_000;
    server.trade('SPY', now - 120_000, 100);
    expect(await lagOf(now - 60_000)).toBeGreaterThanOrEqual(60_000);
    rig.knownAheadMillis = 60_000;
    expect(await lagOf(now - 59_000)).toBeLessThan(30_000);
  });

  it('closes for good when it is stopped', async () => {
    const server = await tinyServer();
    const rig = new ShellRig();
    rig.start(server.url);
    await rig.until(() => rig.connections().at(-1) === true);
    rig.shell.stop();
    expect(rig.shell.status().state).toBe('down');
    const seen = rig.inputs.length;
    rig.skipAhead();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(rig.inputs).toHaveLength(seen);
  });
});

describe('the shell of the feed before the simulator', () => {
  it('hears every kind of event that the desk takes', async () => {
    const sim = await startTestSim();
    closers.push(() => sim.stop());
    const rig = new ShellRig();
    rig.start(sim.dxlinkUrl, await quoteToken(sim));
    const wanted = ['feed', 'quote', 'last', 'feedGreeks', 'openInterest', 'bar', 'batchEnd'];
    await rig.until(() => {
      sim.pass(1);
      return wanted.every((kind) => rig.kinds().has(kind));
    });
    const bars = rig.inputs.flatMap((input) => (input.kind === 'bar' ? [input.bar] : []));
    const { open } = buildSession(DATE);
    expect(bars.some(({ startsAt }) => startsAt === open)).toBe(true);
    const rows = rig.inputs.flatMap((input) => ('index' in input ? [input.index] : []));
    expect([...new Set(rows)].toSorted((a, b) => a - b)).toEqual([-1, 0, 1]);
    expect(rig.shell.decodeErrors()).toBe(0);
  });
});

describe('milliseconds of an instant', () => {
  it('are whole', () => {
    expect(millisOf(epochMicros(1_999))).toBe(1);
  });
});
