import { describe, expect, it } from 'vitest';
import type { HealthFacts } from '../../../src/desk/session/health.ts';
import { CORE_SILENT_MILLIS, healthOf } from '../../../src/desk/session/health.ts';
import type { CoreStatus } from '../../../src/desk/threads/core-protocol.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../../src/engine/domain/units.ts';

const DATE = sessionDate('2026-11-20');
const market = newYorkInstant(DATE, 630);
const at = { market, wall: addMicros(market, 60_000_000) };

const STATUS: CoreStatus = {
  stamp: {
    asOf: '2026-11-20T10:30:00.000-05:00',
    dataAgeMs: 40,
    environment: 'paper',
    broker: 'paper',
    tradingState: 'active',
    killed: false,
  },
  session: DATE,
  schedule: { openingCutoffAt: 1, flattenStartAt: 2, flattenDeadlineAt: 3 },
  chainOpen: true,
  feed: { state: 'open', detail: 'subscribed', lastFrameWall: at.wall - 250_000, lagMillis: 80.4 },
  journal: { seq: 12, hash: 'abc', healthy: true, wall: at.wall - 1_500_000 },
  broker: { name: 'paper', reconciled: true, wall: at.wall },
};

function health(change: Partial<HealthFacts> = {}) {
  const audit = { state: 'ok', ageMs: 5, sealed: null };
  const undelivered = { channels: 1, count: 0, ageMs: null };
  const facts = { at, status: STATUS, statusWall: at.wall, killed: false, audit, undelivered };
  return healthOf({ ...facts, ...change });
}

describe('health', () => {
  it('of a sound engine is ok, each part with the age of its last sign of life', () => {
    expect(health()).toEqual({
      status: 'ok',
      ready: true,
      market: { state: 'open', session: '2026-11-20', time: '10:30:00', ageMs: 40 },
      feed: { state: 'open', detail: 'subscribed', ageMs: 250, lagMs: 80 },
      broker: { name: 'paper', state: 'reconciled', ageMs: 0 },
      journal: { state: 'ok', seq: 12, ageMs: 1_500 },
      audit: { state: 'ok', head: 'abc', seq: 12, ageMs: 5, sealed: null },
      alerts: { state: 'ok', undelivered: 0, ageMs: null },
      tradingState: { state: 'active', killed: false, ageMs: 0 },
    });
  });

  it('calls the market open from its open on, however early its chain is there', () => {
    const stateAt = (micros: number) => {
      const open = newYorkInstant(DATE, 9 * 60 + 30);
      return health({ at: { market: addMicros(open, micros), wall: at.wall } }).market.state;
    };
    expect([stateAt(-1), stateAt(0)]).toEqual(['closed', 'open']);
  });

  it('says nothing of a lag that the feed did not tell', () => {
    const { lagMillis: _, ...feed } = STATUS.feed;
    expect(health({ status: { ...STATUS, feed } }).feed.lagMs).toBeNull();
  });

  it('shows the alerts that nobody got, and is no worse for it', () => {
    const view = health({ undelivered: { channels: 1, count: 2, ageMs: 61_000 } });
    expect(view.alerts).toEqual({ state: 'undelivered', undelivered: 2, ageMs: 61_000 });
    expect(view.status).toBe('ok');
  });

  it('says that no channel of alerts is configured, and is no worse for it', () => {
    const view = health({ undelivered: { channels: 0, count: 0, ageMs: null } });
    expect(view.alerts).toEqual({ state: 'none configured', undelivered: 0, ageMs: null });
    expect([view.status, view.ready]).toEqual(['ok', true]);
  });

  it('is down once the core has been silent for longer than it may', () => {
    const silentFor = (millis: number) =>
      health({ statusWall: addMicros(at.wall, -millis * 1_000) }).status;
    expect(silentFor(CORE_SILENT_MILLIS)).toBe('ok');
    expect(silentFor(CORE_SILENT_MILLIS + 1)).toBe('down');
  });

  it('before the first report is down, and claims no age', () => {
    const view = health({ status: undefined, statusWall: 0 });
    expect([view.status, view.ready]).toEqual(['down', false]);
    const { market: session, feed, broker, journal, tradingState } = view;
    expect([session, feed, broker, journal, tradingState].map(({ ageMs }) => ageMs)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(view.tradingState.state).toBe('halted');
  });

  it.each([
    ['a journal that failed', { journal: { ...STATUS.journal, healthy: false } }],
    ['a feed that is not open', { feed: { ...STATUS.feed, state: 'connecting' } }],
    ['books that differ', { broker: { ...STATUS.broker, reconciled: false } }],
  ])('with %s is degraded and not ready', (_what, change) => {
    const view = health({ status: { ...STATUS, ...change } });
    expect([view.status, view.ready]).toEqual(['degraded', false]);
  });

  it('with an audit store that fails is degraded', () => {
    const view = health({ audit: { state: 'failed', ageMs: 90_000, sealed: null } });
    expect([view.status, view.audit.state, view.audit.ageMs]).toEqual([
      'degraded',
      'failed',
      90_000,
    ]);
  });

  it('shows the kill word at once, before the core has told of it', () => {
    const halted = { state: 'halted', killed: true };
    expect(health({ killed: true }).tradingState).toMatchObject(halted);
    const told = { ...STATUS, stamp: { ...STATUS.stamp, killed: true } };
    expect(health({ status: told }).tradingState).toMatchObject(halted);
  });

  it('of a core that hangs lets the age of its newest quote grow', () => {
    const view = health({ statusWall: addMicros(at.wall, -60_000_000) });
    expect([view.market.ageMs, view.tradingState.ageMs]).toEqual([60_040, 60_000]);
  });

  it('knows no age of what never gave a sign', () => {
    const quiet = {
      ...STATUS,
      stamp: { ...STATUS.stamp, dataAgeMs: null },
      feed: { ...STATUS.feed, lastFrameWall: null },
      journal: { ...STATUS.journal, wall: null },
    };
    const view = health({ status: quiet });
    expect([view.market.ageMs, view.feed.ageMs, view.journal.ageMs]).toEqual([null, null, null]);
  });
});
