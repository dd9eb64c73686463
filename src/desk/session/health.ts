/** Health of the parts, each with the age of its last sign of life. */
import type { At } from '../../engine/domain/clock.ts';
import { newYorkText, sessionTimes } from '../../engine/domain/session-calendar.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { Undelivered } from '../../ops/alert-channel.ts';
import type { HealthView, SealedHeadView } from '../engine-api-health.ts';
import type { CoreStatus } from '../threads/core-protocol.ts';

/** A core silent for this long has missed its heartbeats: page, and answer 503. */
export const CORE_SILENT_MILLIS = 2_000;

/** What is known of the sealed audit log. */
export interface AuditFacts {
  readonly state: string;
  readonly ageMs: number | null;
  readonly sealed: SealedHeadView | null;
}

/** What health is judged from. */
export interface HealthFacts {
  readonly at: At;
  readonly status: CoreStatus | undefined;
  /** Wall micros at which the status came. */
  readonly statusWall: number;
  readonly killed: boolean;
  readonly audit: AuditFacts;
  readonly undelivered: Undelivered;
}

function millisSince(at: At, wall: number | null | undefined): number | null {
  if (wall === null || wall === undefined) return null;
  return Math.max(0, Math.round((at.wall - wall) / MICROS_PER_MILLI));
}

function roundedOrNull(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value);
}

function overall(facts: HealthFacts, coreAgeMs: number | null): HealthView['status'] {
  const { status, audit } = facts;
  const isSilent = coreAgeMs === null || coreAgeMs > CORE_SILENT_MILLIS;
  if (status === undefined || isSilent) return 'down';
  if (!status.journal.healthy || audit.state === 'failed') return 'degraded';
  if (status.feed.state !== 'open' || !status.broker.reconciled) return 'degraded';
  return 'ok';
}

/** The chain of a day is there before its session opens. */
function isMarketOpen({ at, status }: HealthFacts): boolean {
  if (status === undefined || !status.chainOpen) return false;
  const session = sessionTimes(status.session);
  return session !== undefined && at.market >= session.open;
}

/** The newest quote has aged on since the core told of it. */
function marketOf(facts: HealthFacts, coreAgeMs: number | null): HealthView['market'] {
  const { at, status } = facts;
  const quoteAgeMs = status?.stamp.dataAgeMs ?? null;
  return {
    state: isMarketOpen(facts) ? 'open' : 'closed',
    session: status?.session ?? '',
    time: newYorkText(at.market),
    ageMs: quoteAgeMs === null ? null : quoteAgeMs + (coreAgeMs ?? 0),
  };
}

/** A kill halts before the core has told of it. */
function tradingStateOf(facts: HealthFacts, ageMs: number | null): HealthView['tradingState'] {
  const known = facts.status?.stamp;
  const killed = facts.killed || known?.killed === true;
  return { state: killed ? 'halted' : (known?.tradingState ?? 'halted'), killed, ageMs };
}

/** Without a channel alerts go to the log alone: that is no fault of the engine, and wakes nobody. */
function alertsOf({ channels, count, ageMs }: Undelivered): HealthView['alerts'] {
  const whole = channels === 0 ? 'none configured' : 'ok';
  return { state: count === 0 ? whole : 'undelivered', undelivered: count, ageMs };
}

/** Judges the whole. `ready` is true when the core is alive, records, and hears its feed. */
export function healthOf(facts: HealthFacts): HealthView {
  const { at, status, audit } = facts;
  const coreAgeMs = status === undefined ? null : millisSince(at, facts.statusWall);
  const whole = overall(facts, coreAgeMs);
  return {
    status: whole,
    ready: whole === 'ok',
    market: marketOf(facts, coreAgeMs),
    feed: {
      state: status?.feed.state ?? 'down',
      detail: status?.feed.detail ?? 'the core has not reported yet',
      ageMs: millisSince(at, status?.feed.lastFrameWall),
      lagMs: roundedOrNull(status?.feed.lagMillis),
    },
    broker: {
      name: status?.broker.name ?? 'paper',
      state: status?.broker.reconciled === true ? 'reconciled' : 'not reconciled',
      ageMs: millisSince(at, status?.broker.wall),
    },
    journal: {
      state: status?.journal.healthy === false ? 'failed' : 'ok',
      seq: status?.journal.seq ?? 0,
      ageMs: millisSince(at, status?.journal.wall),
    },
    audit: {
      state: audit.state,
      head: status?.journal.hash ?? '',
      seq: status?.journal.seq ?? 0,
      ageMs: audit.ageMs,
      sealed: audit.sealed,
    },
    alerts: alertsOf(facts.undelivered),
    tradingState: tradingStateOf(facts, coreAgeMs),
  };
}
