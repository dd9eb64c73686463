import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  Caller,
  EngineEvent,
  EngineIdentity,
  PnlView,
  Stamp,
} from '../../src/desk/engine-api.ts';
import { EngineApiClient } from '../../src/desk/engine-api-client.ts';
import type { SealedHeadView } from '../../src/desk/engine-api-health.ts';
import type { ReadStory } from '../../src/desk/engine-api-story.ts';
import type {
  CoreStatus,
  FromCore,
  ToCore,
  ToReader,
} from '../../src/desk/threads/core-protocol.ts';
import { createChainBuffer } from '../../src/engine/chain/chain-layout.ts';
import { ChainWriter } from '../../src/engine/chain/chain-writer.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { price, sessionDate } from '../../src/engine/domain/units.ts';
import { createRingBuffer } from '../../src/engine/ring/ring-layout.ts';
import { RingWriter } from '../../src/engine/ring/ring-writer.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { buildAt, buildSession, buildSlice } from '../support/chain-builder.ts';

const CALLER: Caller = { principal: 'trader', authority: 'open' };
const DATE = sessionDate('2026-11-20');
const AT = buildAt(DATE, 630);

const IDENTITY: EngineIdentity = {
  build: 'test',
  apiVersion: 1,
  broker: 'paper',
  environment: 'paper',
  accountId: 'PAPER-1',
  underlying: 'SPY',
};

const STAMP: Stamp = {
  asOf: '2026-11-20T10:30:00.000-05:00',
  dataAgeMs: 40,
  environment: 'paper',
  broker: 'paper',
  tradingState: 'active',
  killed: false,
};

const STATUS: CoreStatus = {
  stamp: STAMP,
  session: DATE,
  schedule: {
    openingCutoffAt: newYorkInstant(DATE, 925),
    flattenStartAt: newYorkInstant(DATE, 940),
    flattenDeadlineAt: newYorkInstant(DATE, 950),
  },
  chainOpen: true,
  feed: { state: 'open', detail: 'subscribed', lastFrameWall: null },
  journal: { seq: 9, hash: 'abc', healthy: true, wall: null },
  broker: { name: 'paper', reconciled: true, wall: 0 },
};

/** A client whose core is the test: what it is sent is kept, what it hears the test says. */
class ClientRig {
  readonly sent: ToCore[] = [];
  readonly asked: ToReader[] = [];
  readonly latch: string[] = [];
  /** What becomes of the latch on disk, of a kill and of a rearm. */
  disk: Promise<string | undefined> = Promise.resolve(undefined);
  sealed: SealedHeadView | null = null;
  story: ReadStory = () => Promise.resolve([]);
  readonly counters = new Counters(createCountersBuffer());
  readonly buffers = { chain: createChainBuffer(), ring: createRingBuffer() };
  readonly chain = new ChainWriter(this.buffers.chain, new RingWriter(this.buffers.ring));
  readonly client = new EngineApiClient({
    identity: IDENTITY,
    clock: { now: () => AT },
    simulated: true,
    counters: this.counters,
    buffers: this.buffers,
    send: (message) => this.sent.push(message),
    sendToReader: (message) => this.asked.push(message),
    latchKill: (reason, principal) => {
      this.latch.push(`${principal}: ${reason}`);
      return { reason, kept: this.disk };
    },
    clearKill: async () => {
      const fault = await this.disk;
      if (fault === undefined) this.latch.push('cleared');
      return fault;
    },
    metrics: () => Promise.resolve('metrics'),
    riskMetrics: (pnl: PnlView) =>
      Promise.resolve({ scenarios: [], worstCaseCents: pnl.feesCents, greeks: null, warnings: [] }),
    undeliveredAlerts: () => ({ channels: 0, count: 0, ageMs: null }),
    auditStory: (id) => this.story(id),
    auditState: () => ({ state: 'ok', ageMs: 1, sealed: this.sealed }),
  });

  /** Answers the newest question. */
  answer(result: unknown): void {
    const newest = this.sent.at(-1);
    const id = newest !== undefined && 'id' in newest ? newest.id : 0;
    this.hear({ kind: 'reply', id, stamp: STAMP, result });
  }

  hear(message: FromCore): void {
    this.client.onMessage(message);
  }

  /** Opens a chain of three strikes and quotes it. */
  openChain(): void {
    const slice = buildSlice({ strikes: [599, 600, 601] });
    const rows = [...slice.calls, ...slice.puts];
    const contracts = rows.map(({ contract }) => contract);
    this.chain.openSession({ underlying: 'SPY', date: DATE, contracts }, buildSession(DATE), AT);
    for (const [index, { quote }] of rows.entries()) {
      if (quote !== undefined) this.chain.setQuote(index, quote, AT);
      this.chain.setLast(index, price(10_000), 1_000);
    }
    const spot = { bid: price(5_999_900), ask: price(6_000_100), bidSize: 1, askSize: 1 };
    this.chain.setQuote(-1, spot, AT);
    this.chain.endBatch(AT);
  }
}

function sha256(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function commandIn(message: ToCore | undefined) {
  if (message?.kind !== 'command') throw new Error('no command was sent');
  return message.command;
}

describe('tokens at the door', () => {
  const request = {
    strategy: 'iron_condor_30_delta',
    width: 5,
    shortDelta: 30,
    select: 'delta',
    quantity: 1,
  } as const;
  const previews = [
    (rig: ClientRig) => rig.client.previewStrategy(request, CALLER),
    (rig: ClientRig) => rig.client.previewClose('p', 1, CALLER),
    (rig: ClientRig) => rig.client.previewFlatten(CALLER),
    (rig: ClientRig) => rig.client.cancelOrder('o', CALLER),
  ];

  it.each(previews)(
    'are minted here, 256 bits, and only their hash goes to the core',
    async (ask) => {
      const rig = new ClientRig();
      const answer = ask(rig);
      const command = commandIn(rig.sent[0]);
      rig.answer({ value: { confirmToken: '', previewId: 'p1' } });
      const settled = await answer;
      if (!('value' in settled) || !('confirmToken' in settled.value)) throw new Error('no card');
      const token = settled.value.confirmToken;
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(command).toMatchObject({ tokenSha256: sha256(token) });
      expect(JSON.stringify(rig.sent)).not.toContain(token);
    },
  );

  it('are never the same', async () => {
    const rig = new ClientRig();
    const tokens = new Set<string>();
    for (let n = 0; n < 50; n += 1) {
      const answer = rig.client.previewFlatten(CALLER);
      rig.answer({ value: { confirmToken: '' } });
      const settled = await answer;
      if ('value' in settled) tokens.add(settled.value.confirmToken);
    }
    expect(tokens.size).toBe(50);
  });

  it('are not shown where the preview was refused, nor on an order cancelled at once', async () => {
    const rig = new ClientRig();
    const refused = rig.client.previewFlatten(CALLER);
    const denied = { code: 'nothing_to_close', message: 'flat', numbers: {} };
    rig.answer({ denied, checks: [] });
    expect(await refused).toEqual({ stamp: STAMP, denied, checks: [] });
    const cancelled = rig.client.cancelOrder('o', CALLER);
    rig.answer({ value: { orderId: 'o' } });
    expect(await cancelled).toEqual({ stamp: STAMP, value: { orderId: 'o' } });
  });

  it('are redeemed and described by their hash', async () => {
    const rig = new ClientRig();
    void rig.client.confirm('secret', CALLER);
    expect(rig.sent[0]).toMatchObject({
      caller: CALLER,
      command: { kind: 'confirm', tokenSha256: sha256('secret') },
    });
    const described = rig.client.describeToken('secret', CALLER);
    expect(rig.sent[1]).toMatchObject({ query: { tokenSha256: sha256('secret') } });
    rig.answer({ value: { confirmToken: '', previewId: 'p1' } });
    expect(await described).toMatchObject({ value: { confirmToken: 'secret', previewId: 'p1' } });
    expect(JSON.stringify(rig.sent)).not.toContain('secret');
  });
});

describe('questions and answers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('find each other in whatever order the core answers', async () => {
    const rig = new ClientRig();
    const [a, b] = [rig.client.riskCheck(CALLER), rig.client.portfolioDelta(CALLER)];
    const ids = rig.sent.map((message) => ('id' in message ? message.id : 0));
    rig.hear({ kind: 'reply', id: ids[1] ?? 0, stamp: STAMP, result: { value: 'second' } });
    rig.hear({ kind: 'reply', id: ids[0] ?? 0, stamp: STAMP, result: { value: 'first' } });
    rig.hear({ kind: 'reply', id: 999, stamp: STAMP, result: { value: 'nobody asked' } });
    expect([await a, await b]).toMatchObject([{ value: 'first' }, { value: 'second' }]);
  });

  it('end in engine_busy where the core stays silent for ten seconds', async () => {
    const rig = new ClientRig();
    const answer = rig.client.confirm('secret', CALLER);
    let settled = false;
    void answer.then(() => {
      settled = true;
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const busy = await answer;
    expect(busy).toMatchObject({ denied: { code: 'engine_busy' } });
    expect('denied' in busy && busy.denied.message).toContain('get_recent_orders');
    rig.answer({ value: 'too late' });
  });

  it('end at once where the core is gone, those that wait and those to come, and leave no timer', async () => {
    const rig = new ClientRig();
    const before = [rig.client.pnl(CALLER), rig.client.readAccount('accounts', {})] as const;
    const sent = rig.sent.length;
    rig.client.close();
    const after = [rig.client.alerts(CALLER), rig.client.readAccount('accounts', {})] as const;
    for (const [ask, read] of [before, after]) {
      expect(await ask).toMatchObject({ denied: { code: 'engine_busy' } });
      expect(await read).toMatchObject({ denied: { code: 'read_failed' } });
    }
    expect([vi.getTimerCount(), rig.sent.length]).toEqual([0, sent]);
  });

  it('leave no timer behind once answered', async () => {
    const rig = new ClientRig();
    const answer = rig.client.pnl(CALLER);
    rig.answer({ value: {} });
    await answer;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the kill switch at the door', () => {
  const killed = { value: { killed: true, note: 'Killed.' } };
  const hangs = new Promise<undefined>(() => {});

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('begins with the word and the latch, and tells the core at once, whatever the disk does', () => {
    const rig = new ClientRig();
    rig.disk = hangs;
    void rig.client.kill('enough', CALLER);
    expect(rig.latch).toEqual(['trader: enough']);
    expect(commandIn(rig.sent[0])).toEqual({ kind: 'kill', reason: 'enough' });
  });

  it('is answered without a note once core and disk have it, and leaves no timer', async () => {
    const rig = new ClientRig();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    rig.disk = promise;
    let settled = false;
    const answer = rig.client.kill('enough', CALLER).finally(() => {
      settled = true;
    });
    rig.answer(killed);
    await vi.advanceTimersByTimeAsync(900);
    expect(settled).toBe(false);
    resolve(undefined);
    expect(await answer).toMatchObject({ value: { note: 'Killed.' } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['has not answered within a second', hangs, 'the disk has not answered yet'],
    ['takes no latch', Promise.resolve('ENOSPC'), 'ENOSPC'],
  ])('is answered where the disk %s, and says so', async (_, disk, why) => {
    const rig = new ClientRig();
    rig.disk = disk;
    const answers = [rig.client.kill('enough', CALLER)];
    rig.answer(killed);
    answers.push(rig.client.kill('enough', CALLER));
    await vi.advanceTimersByTimeAsync(1_000);
    const [taken, alone] = await Promise.all(answers);
    const noteOf = (fault: string) => ({ value: { note: expect.stringContaining(fault) } });
    expect(taken).toMatchObject(noteOf(`Its latch is not on disk (${why})`));
    expect(alone).toMatchObject(noteOf(`its latch is not on disk (${why})`));
    expect(alone).toMatchObject(noteOf('The core has not answered yet'));
  });

  it('has it paged once what keeps its latch from the disk, and again after a rearm', async () => {
    const rig = new ClientRig();
    const paged = () =>
      rig.sent.flatMap((message) =>
        message.kind === 'command' && message.command.kind === 'latchMissing'
          ? [message.command.fault]
          : [],
      );
    const kill = async () => {
      const answer = rig.client.kill('enough', CALLER);
      await vi.advanceTimersByTimeAsync(1_000);
      await answer;
    };
    await kill();
    expect(paged()).toEqual([]);
    const { promise, resolve } = Promise.withResolvers<string>();
    rig.disk = promise;
    await kill();
    expect(paged()).toEqual(['the disk has not answered yet']);
    resolve('EIO');
    await kill();
    await kill();
    expect(paged()).toEqual(['the disk has not answered yet', 'EIO']);
    rig.disk = Promise.resolve(undefined);
    const rearmed = rig.client.rearm({ ...CALLER, authority: 'console' });
    rig.answer({ value: { killed: false } });
    await rearmed;
    rig.disk = Promise.resolve('EIO');
    await kill();
    expect(paged()).toHaveLength(3);
  });

  it('is cleared only after the core has re-armed', async () => {
    const rig = new ClientRig();
    const refused = rig.client.rearm(CALLER);
    rig.answer({ denied: { code: 'not_authorized', message: '', numbers: {} } });
    await refused;
    expect(rig.latch).toEqual([]);
    const allowed = rig.client.rearm({ ...CALLER, authority: 'console' });
    expect(rig.latch).toEqual([]);
    rig.answer({ value: { killed: false } });
    await allowed;
    expect(rig.latch).toEqual(['cleared']);
  });
});

describe('a rearm that the core answers too late', () => {
  const console: Caller = { principal: 'console', authority: 'console' };

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('releases nothing: the core is told of the kill again behind it', async () => {
    const rig = new ClientRig();
    rig.counters.raiseKillWord();
    const answer = rig.client.rearm(console);
    const asked = rig.sent.at(-1);
    await vi.advanceTimersByTimeAsync(10_000);
    const message = expect.stringContaining('the kill stands');
    expect(await answer).toMatchObject({ denied: { code: 'engine_busy', message } });
    expect(commandIn(rig.sent.at(-1))).toMatchObject({ kind: 'kill' });
    const id = asked !== undefined && 'id' in asked ? asked.id : 0;
    rig.hear({ kind: 'reply', id, stamp: STAMP, result: { value: { killed: false } } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rig.latch).toEqual(['console: a rearm that was not answered in time']);
    expect(rig.sent).toHaveLength(2);
  });

  it('engages no kill where none stood', async () => {
    const rig = new ClientRig();
    const answer = rig.client.rearm(console);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await answer).toMatchObject({ denied: { code: 'engine_busy' } });
    expect([rig.latch, rig.sent.length]).toEqual([[], 1]);
  });
});

describe('a rearm whose latch does not leave the disk', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('releases nothing: the core, which has, is told of the kill again', async () => {
    const rig = new ClientRig();
    rig.disk = new Promise(() => {});
    const answer = rig.client.rearm({ ...CALLER, authority: 'console' });
    rig.answer({ value: { killed: false } });
    await vi.advanceTimersByTimeAsync(5_000);
    const message = expect.stringContaining('so the kill stands');
    expect(await answer).toMatchObject({ denied: { code: 'engine_busy', message } });
    expect(commandIn(rig.sent.at(-1))).toMatchObject({ kind: 'kill' });
    expect(rig.latch).toEqual(['trader: a rearm that was not answered in time']);
  });
});

describe('a kill beside a rearm', () => {
  it('stands where it came after the rearm was asked for', async () => {
    const rig = new ClientRig();
    const rearmed = rig.client.rearm({ ...CALLER, authority: 'console' });
    const asked = rig.sent.at(-1);
    void rig.client.kill('again', CALLER);
    const id = asked !== undefined && 'id' in asked ? asked.id : 0;
    rig.hear({ kind: 'reply', id, stamp: STAMP, result: { value: { killed: false } } });
    await rearmed;
    expect(rig.latch).toEqual(['trader: again']);
  });
});

describe('what the client knows by itself', () => {
  it('reads the chain from shared memory', () => {
    const rig = new ClientRig();
    expect(rig.client.chain()).toBeUndefined();
    rig.openChain();
    expect(rig.client.chain()?.calls).toHaveLength(3);
    expect(rig.sent).toEqual([]);
  });

  it('streams what is new from its own place on', () => {
    const rig = new ClientRig();
    rig.openChain();
    const stream = rig.client.openStream();
    const seen: number[] = [];
    const drain = () => stream.drain((index) => seen.push(index));
    expect(drain()).toBe(0);
    rig.chain.setQuote(1, { bid: price(100), ask: price(200), bidSize: 1, askSize: 1 }, AT);
    rig.chain.endBatch(AT);
    expect([drain(), seen, stream.lost()]).toEqual([1, [1], 0]);
    stream.close();
  });

  it('stamps with the newest report of the core, and with the kill word at once', () => {
    const rig = new ClientRig();
    expect(rig.client.stamp()).toMatchObject({ tradingState: 'halted', dataAgeMs: null });
    rig.hear({ kind: 'status', status: STATUS });
    expect(rig.client.stamp()).toMatchObject({ asOf: STAMP.asOf, tradingState: 'active' });
    rig.openChain();
    const age = () => rig.client.stamp().dataAgeMs ?? 0;
    const onTime = age();
    rig.hear({
      kind: 'status',
      status: { ...STATUS, feed: { ...STATUS.feed, lateMillis: 8_000 } },
    });
    expect(age() - onTime).toBeGreaterThanOrEqual(8_000);
    rig.counters.raiseKillWord();
    expect(rig.client.stamp().killed).toBe(true);
  });

  it('puts the head of the sealed log onto every answer, so that each keeper is a witness', async () => {
    const rig = new ClientRig();
    expect(rig.client.stamp()).not.toHaveProperty('auditHead');
    rig.sealed = { size: 1_234, root: '0123456789abcdef'.repeat(4), checkpoint: 7 };
    expect(rig.client.stamp().auditHead).toBe('1234:0123456789abcdef');
    const asked = rig.client.pnl(CALLER);
    rig.answer({ value: {} });
    expect((await asked).stamp.auditHead).toBe('1234:0123456789abcdef');
    expect(rig.client.auditHead().sealed).toEqual(rig.sealed);
  });

  it('tells the story of an order from the journal, that there is none, or that it cannot look', async () => {
    const rig = new ClientRig();
    rig.story = async (id) => (id === 'o-1' ? ['previewed', 'sent'] : []);
    const known = await rig.client.auditStory('o-1');
    expect(known).toMatchObject({ value: { id: 'o-1', lines: ['previewed', 'sent'] } });
    const unknown = await rig.client.auditStory('o-2');
    expect(unknown).toMatchObject({ denied: { code: 'not_found', numbers: { id: 'o-2' } } });
    rig.story = () => Promise.reject(new Error('too many wait'));
    expect(await rig.client.auditStory('o-1')).toMatchObject({ denied: { code: 'engine_busy' } });
  });

  it('tells market status, health, audit head and metrics without the core', async () => {
    const rig = new ClientRig();
    expect(rig.client.health().status).toBe('down');
    expect(rig.client.auditHead()).toEqual({ seq: 0, hash: '', sealed: null });
    rig.hear({ kind: 'status', status: STATUS });
    expect(rig.client.auditHead()).toEqual({ seq: 9, hash: 'abc', sealed: null });
    expect(rig.client.health().status).toBe('ok');
    expect(rig.client.status).toEqual(STATUS);
    const market = await rig.client.marketStatus();
    expect(market).toMatchObject({
      value: { phase: 'open', openingCutoffAt: '2026-11-20T15:25:00.000-05:00', simulated: true },
    });
    expect(await rig.client.metrics()).toBe('metrics');
    expect(rig.sent).toEqual([]);
  });

  it('scans straddles on its own slice with the bars of the core', async () => {
    const rig = new ClientRig();
    rig.openChain();
    const answer = rig.client.scanStraddles({ maxIv: 0.8, minVolume: 0, limit: 2 }, CALLER);
    expect(rig.sent[0]).toMatchObject({ query: { kind: 'scanInputs' } });
    rig.answer({ value: { bars: [] } });
    expect(await answer).toMatchObject({ value: { candidates: expect.any(Array) } });
  });

  it('scans nothing without a chain, and passes a refusal of the core on', async () => {
    const rig = new ClientRig();
    const request = { maxIv: 0.8, minVolume: 0, limit: 2 };
    const closed = rig.client.scanStraddles(request, CALLER);
    rig.answer({ value: { bars: [] } });
    expect(await closed).toMatchObject({ denied: { code: 'session_window' } });
    const refused = rig.client.riskMetrics(CALLER);
    rig.answer({ denied: { code: 'engine_stopping', message: '', numbers: {} } });
    expect(await refused).toMatchObject({ denied: { code: 'engine_stopping' } });
  });

  it('computes risk metrics from the P&L that the core tells', async () => {
    const rig = new ClientRig();
    const answer = rig.client.riskMetrics(CALLER);
    rig.answer({ value: { feesCents: 77 } });
    expect(await answer).toMatchObject({ value: { worstCaseCents: 77 } });
  });
});

describe('events', () => {
  it('reach every listener until it leaves', () => {
    const rig = new ClientRig();
    const heard: EngineEvent[][] = [[], []];
    const leave = heard.map((events) => rig.client.onEvent((event) => events.push(event)));
    rig.hear({ kind: 'event', event: { kind: 'positions' } });
    leave[0]?.();
    const alert = {
      severity: 'critical',
      code: 'FEED_DOWN',
      text: 'gone',
      action: 'trigger',
    } as const;
    rig.hear({ kind: 'alert', ...alert, alertSeq: 7 });
    expect(heard[0]).toEqual([{ kind: 'positions' }]);
    expect(heard[1]?.[1]).toMatchObject({ kind: 'alert', code: 'FEED_DOWN', text: 'gone' });
  });
});

describe('commands', () => {
  it('go to the core as they are named, with their caller', () => {
    const rig = new ClientRig();
    void rig.client.flattenNow(CALLER);
    void rig.client.shutdown('leave', CALLER);
    void rig.client.reconcile(CALLER);
    void rig.client.orderStatus('o', CALLER);
    void rig.client.recentOrders(5, CALLER);
    void rig.client.portfolioGreeks(CALLER);
    const asked = rig.sent.map((message) => {
      if (message.kind === 'command') return [message.caller, message.command];
      return message.kind === 'query' ? [message.caller, message.query] : [];
    });
    expect(asked).toEqual([
      [CALLER, { kind: 'flattenNow' }],
      [CALLER, { kind: 'shutdown', policy: 'leave' }],
      [CALLER, { kind: 'reconcile' }],
      [CALLER, { kind: 'orderStatus', orderId: 'o' }],
      [CALLER, { kind: 'recentOrders', limit: 5 }],
      [CALLER, { kind: 'portfolioGreeks' }],
    ]);
  });
});
