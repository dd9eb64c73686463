/**
 * The audit record: what the journal holds, one envelope a record. Schema-typed and allow-listed: a
 * record holds only the fields named here, never a token in plain, never a secret. Version 3 is
 * written; it adds the exit plan of `repriced` and `closesAll` of `intentRecorded`. Version 2 added
 * `at.mono` and the fields of `engineStarted` that name the sealed log. Versions 1 and 2 are read.
 */
import type { At } from './clock.ts';
import type { ExitPlan, OrderIntent } from './order.ts';
import type { SessionDate } from './units.ts';
import type { CheckResult, Denial } from './verdict.ts';

export const AUDIT_RECORD_VERSION = 3;
/** Versions that this build reads. */
export const AUDIT_RECORD_VERSIONS = [1, 2, AUDIT_RECORD_VERSION] as const;

/** The quotes a decision saw: symbol → [bid, ask, ageMillis]; a missing side is null. */
export type QuoteSnapshot = Readonly<
  Record<string, readonly [bid: number | null, ask: number | null, ageMillis: number]>
>;

/** Broker events as journalled: plain data, see broker/order-gateway.ts for the meanings. */
export interface JournalledBrokerEvent {
  readonly kind: string;
  readonly intentId?: string;
  readonly [field: string]: unknown;
}

/** An order of somebody else's as the broker lists it, in the terms of our own. */
export interface AdoptedOrder {
  readonly intent: OrderIntent;
  readonly brokerOrderId: string;
}

/** What happened. `kind` decides the other fields. */
export type AuditBody =
  | {
      readonly kind: 'engineStarted';
      readonly build: string;
      readonly configFingerprint: string;
      readonly broker: string;
      readonly environment: string;
      readonly accountId: string;
      readonly recoveredRecords: number;
      /** Entries and root (hex) of the sealed log as it stood at this start, and the fingerprint of
       * the key that signs it. */
      readonly logSize?: number;
      readonly logRoot?: string;
      readonly auditKey?: string;
    }
  | {
      /** The key that signs the sealed log is another than at the start before; fingerprints. */
      readonly kind: 'auditKeyChanged';
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly kind: 'engineStopped';
      readonly reason: string;
      readonly unprotected: readonly string[];
    }
  | { readonly kind: 'configChanged'; readonly from: string; readonly to: string }
  | {
      /** Another program than at the start before: what follows was decided by it. */
      readonly kind: 'buildChanged';
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly kind: 'limitsInForce';
      readonly limitsVersion: string;
      readonly limits: object;
      /** Raises that stand in them, as the operator wrote them; absent in records of older builds. */
      readonly raises?: readonly string[];
    }
  | { readonly kind: 'sessionOpened'; readonly contracts: number }
  | {
      /** The session's chain has expired, with as many contracts: none where this run never had it. */
      readonly kind: 'sessionSealed';
      readonly contracts: number;
      readonly dayPnlCents: number;
      /** Mid of the underlying at that moment, 1/10,000 dollar; absent where it was not known. */
      readonly spot?: number;
      /** Its mid at the exercise mark, as its own record has it; absent in records of older builds, where it was not
       * known, and where options trade no longer than until then. */
      readonly mark?: number;
      /** Whose prices those are, by its ticker; absent in records of older builds, and without one. */
      readonly underlying?: string;
    }
  | {
      /** The exercise mark of the session is past: the price by which its options are exercised. */
      readonly kind: 'markHeard';
      /** Mid of the underlying, 1/10,000 dollar. */
      readonly spot: number;
      /** Whose price that is, by its ticker. */
      readonly underlying: string;
    }
  | {
      /** Shares that are held over a close that is not known begin their day at this. */
      readonly kind: 'heldCarried';
      /** Mid of the underlying, 1/10,000 dollar. */
      readonly spot: number;
      /** Whose price that is, by its ticker; absent in records of older builds. */
      readonly underlying?: string;
    }
  | {
      /** An option that is held over a session and expires in this one begins its day at this. */
      readonly kind: 'contractCarried';
      /** Of the contract. */
      readonly symbol: string;
      /** Its mid, 1/10,000 dollar. */
      readonly mid: number;
    }
  | {
      readonly kind: 'previewMade';
      readonly previewId: string;
      readonly principal: string;
      readonly tokenSha256: string;
      readonly expiresAtWall: number;
      readonly orderHash: string;
      readonly intent: OrderIntent;
      readonly checks: readonly CheckResult[];
      readonly quotes: QuoteSnapshot;
      readonly limitsVersion: string;
    }
  | {
      readonly kind: 'previewRefused';
      readonly principal: string;
      readonly strategy: string;
      readonly denial: Denial;
      readonly checks: readonly CheckResult[];
    }
  | {
      readonly kind: 'confirmRefused';
      readonly principal: string;
      readonly previewId: string | null;
      readonly denial: Denial;
      readonly checks: readonly CheckResult[];
    }
  | {
      /** The intent, journalled before anything is sent. It is also the consumption of its token. */
      readonly kind: 'intentRecorded';
      readonly intent: OrderIntent;
      readonly orderHash: string;
      readonly tokenSha256: string | null;
      readonly previewId: string | null;
      readonly checks: readonly CheckResult[];
      readonly quotes: QuoteSnapshot;
      readonly limitsVersion: string;
      /** Set where a trader asked for all of the position, whatever of it other orders close. */
      readonly closesAll?: boolean;
    }
  | { readonly kind: 'orderSent'; readonly intentId: string }
  | { readonly kind: 'sendBlocked'; readonly intentId: string; readonly reason: string }
  | {
      readonly kind: 'cancelRequested';
      readonly intentId: string;
      readonly principal: string;
      /** Set when the cancel took a token (cancelling an order that protects). */
      readonly tokenSha256?: string;
    }
  | {
      readonly kind: 'repriced';
      readonly intentId: string;
      readonly limit: number;
      readonly reason: string;
      /** How what it opens is left, where that limit made the plan anew. */
      readonly exitPlan?: ExitPlan;
    }
  | { readonly kind: 'brokerEvent'; readonly event: JournalledBrokerEvent }
  | {
      /** An UNKNOWN outcome came to an end. */
      readonly kind: 'orderResolved';
      readonly intentId: string;
      readonly evidence: string;
      /** Set where it ended by absence: nothing of the broker's says it by itself. */
      readonly outcome?: 'absentPresumed';
    }
  | {
      /** An order that this engine did not give works at the broker: it counts from now on. */
      readonly kind: 'orderAdopted';
      readonly order: AdoptedOrder;
    }
  | {
      /** The operator took over what this book could not explain. */
      readonly kind: 'residualAdopted';
      readonly principal: string;
      readonly differences: readonly string[];
    }
  | {
      /** Why a position is left. The order for it follows, but where orders close it already, which a stop
       * or a dividend hurries; of two sides that leave by one order the calls stand last. */
      readonly kind: 'exitTriggered';
      readonly positionId: string;
      readonly reason: string;
      readonly numbers: Denial['numbers'];
    }
  | {
      /** Everything is to be closed: these positions, and the openings of those among them. */
      readonly kind: 'flattenRequested';
      readonly principal: string;
      readonly positionIds: readonly string[];
      /** The token that it took, if any, and what was being opened and closed before it. */
      readonly tokenSha256?: string;
      readonly orderIds?: readonly string[];
    }
  | {
      /** A trailing exit saw a better gain: per share of one unit, in 1/10,000 dollar. */
      readonly kind: 'trailRaised';
      readonly positionId: string;
      readonly bestGain: number;
    }
  | {
      /** The side that is left of a breakeven condor has cost less than before: per share of one unit, in
       * 1/10,000 dollar. */
      readonly kind: 'sideEased';
      readonly positionId: string;
      readonly leastDebit: number;
    }
  | { readonly kind: 'killEngaged'; readonly principal: string; readonly reason: string }
  | { readonly kind: 'killReleased'; readonly principal: string }
  | {
      readonly kind: 'tradingStateChanged';
      readonly from: string;
      readonly to: string;
      /** The cause that came or went. */
      readonly reason: string;
      /** What holds trading down from now on; absent in records of older builds. */
      readonly causes?: readonly string[];
    }
  | { readonly kind: 'feedOutage'; readonly state: string; readonly detail: string }
  | {
      readonly kind: 'reconciled';
      readonly clean: boolean;
      readonly differences: readonly string[];
    }
  | {
      /** What became of one turn of the plan. */
      readonly kind: 'planRun';
      readonly slotId: string;
      readonly outcome: 'ready' | 'sent' | 'refused' | 'skipped' | 'missed';
      readonly detail: string;
      readonly previewId: string | null;
      readonly orderId: string | null;
      readonly maxLossCents: number;
    }
  | {
      /** The operator lets the plan send, for this session, this sheet and within this budget. */
      readonly kind: 'planGranted';
      readonly principal: string;
      readonly grantSha256: string;
      readonly sheetSha256: string;
      readonly budgetCents: number;
    }
  | { readonly kind: 'planRevoked'; readonly principal: string }
  | {
      /** A trader asked to hear of something. */
      readonly kind: 'alertSet';
      readonly alertId: string;
      readonly principal: string;
      readonly on: 'spot' | 'short_delta' | 'pnl' | 'straddle' | 'minutes_to_cutoff';
      readonly direction: 'above' | 'below';
      readonly level: number;
      readonly positionId?: string | undefined;
      readonly rearmBy?: number | undefined;
      readonly note?: string | undefined;
    }
  | { readonly kind: 'alertFired'; readonly alertId: string; readonly value: number }
  | { readonly kind: 'alertCleared'; readonly alertId: string; readonly principal: string }
  | {
      readonly kind: 'alert';
      readonly severity: AlertSeverity;
      readonly code: string;
      readonly text: string;
      /** Absent: it opens an incident. */
      readonly action?: 'acknowledge' | 'resolve';
      /** What it is about, where one code can stand for several things at a time. */
      readonly subject?: string;
    }
  | {
      /** What a channel did with an alert. One without `ok` is tried again. */
      readonly kind: 'alertDelivered';
      readonly code: string;
      readonly channel: string;
      readonly ok: boolean;
      /** The record of the alert; absent for what the core could not journal itself. */
      readonly alertSeq?: number;
    };

export type AlertSeverity = 'info' | 'warning' | 'critical';
export type AuditKind = AuditBody['kind'];

/** When it happened: both clocks of the engine and, from version 2 on, the machine's uptime, which no
 * correction of a clock can move (micros). */
export interface RecordedAt extends At {
  readonly mono?: number;
}

/** One record. `seq` counts from 1 without gaps over the life of the journal, across sessions. */
export interface AuditRecord {
  readonly version: (typeof AUDIT_RECORD_VERSIONS)[number];
  readonly seq: number;
  readonly session: SessionDate;
  readonly at: RecordedAt;
  readonly body: AuditBody;
}
