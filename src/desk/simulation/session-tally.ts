/** What happened in simulated sessions, counted: a campaign in which too little happens proves little. */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';

export type Counts = Record<string, number>;

/** Plain counts; sums of sessions are made by `addTally`. */
export interface SessionTally {
  inputs: number;
  records: number;
  previews: number;
  orders: number;
  fills: number;
  unknowns: number;
  exits: number;
  settlements: number;
  restarts: number;
  readonly denials: Counts;
  /** Previews made, by strategy. */
  readonly strategies: Counts;
  /** Orders recorded that were given by hand: opened, closed, replaced. */
  readonly byHand: Counts;
  readonly faults: Counts;
  readonly alerts: Counts;
  /** Situations that faults and traders aim at, as often as they came about. */
  readonly met: Counts;
}

export function emptyTally(): SessionTally {
  return {
    inputs: 0,
    records: 0,
    previews: 0,
    orders: 0,
    fills: 0,
    unknowns: 0,
    exits: 0,
    settlements: 0,
    restarts: 0,
    denials: {},
    strategies: {},
    byHand: {},
    faults: {},
    alerts: {},
    met: {},
  };
}

export function count(counts: Counts, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}

/** Counts a record of the journal. */
export function tallyRecord(tally: SessionTally, { body }: AuditRecord): void {
  tally.records += 1;
  if (body.kind === 'previewMade') {
    tally.previews += 1;
    count(tally.strategies, body.intent.strategy);
  } else if (body.kind === 'orderSent') tally.orders += 1;
  else if (body.kind === 'exitTriggered') tally.exits += 1;
  else if (body.kind === 'residualAdopted') count(tally.met, 'adopted');
  else if (body.kind === 'alert') count(tally.alerts, body.code);
}

/** Counts an event of the broker. */
export function tallyEvent(tally: SessionTally, event: BrokerEvent): void {
  if (event.kind === 'fill') tally.fills += 1;
  else if (event.kind === 'unknown') tally.unknowns += 1;
  else if (event.kind === 'settlement') tally.settlements += 1;
}

function addCounts(sum: Counts, more: Counts): void {
  for (const [name, by] of Object.entries(more)) count(sum, name, by);
}

/** Adds one session to a sum. */
export function addTally(sum: SessionTally, more: SessionTally): void {
  sum.inputs += more.inputs;
  sum.records += more.records;
  sum.previews += more.previews;
  sum.orders += more.orders;
  sum.fills += more.fills;
  sum.unknowns += more.unknowns;
  sum.exits += more.exits;
  sum.settlements += more.settlements;
  sum.restarts += more.restarts;
  addCounts(sum.denials, more.denials);
  addCounts(sum.strategies, more.strategies);
  addCounts(sum.byHand, more.byHand);
  addCounts(sum.faults, more.faults);
  addCounts(sum.alerts, more.alerts);
  addCounts(sum.met, more.met);
}
