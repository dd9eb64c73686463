/** What the parts of the Alpaca adapter share. Core thread only. */

import type { At } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type {
  BrokerCapabilities,
  BrokerEvent,
  GatewayEffect,
  NoWord,
  RefusalKind,
} from '../order-gateway.ts';
import type { StreamWitness } from '../stream-witness.ts';
import type { OnAnswer, WireRequest, WireRequests } from '../wire-requests.ts';
import type { OrderLine } from './order-line.ts';
import { lineUnits, untoldUnits } from './order-line.ts';
import type { OrderLines } from './order-lines.ts';

export interface AlpacaWorld {
  readonly accountId: string;
  readonly capabilities: BrokerCapabilities;
  readonly lines: OrderLines;
  readonly requests: WireRequests<void>;
  readonly out: GatewayEffect[];
  /** Orders that are to be read by themselves, by their ids: wall time from when on. */
  readonly due: Map<string, EpochMicros>;
  at: At;
  session: SessionTimes | undefined;
  /** Counts everything that was learnt of an order: a picture that spans a change is none. */
  changes: number;
  /** True while a search retells: what it learns is told by the retelling alone. */
  isQuiet: boolean;
  /** Set while what a list or a reading showed is told. */
  source: 'snapshot' | undefined;
  readonly witness: StreamWitness;
  /** Goes on with a change that is under way: called after every news of its line. */
  goOn: (line: OrderLine) => void;
  /** The account is to be read now: something was told that makes sense with more alone. */
  catchUp: () => void;
}

/** Asks the broker. `onAnswer` is told once. */
export function ask(world: AlpacaWorld, request: WireRequest, onAnswer: OnAnswer<void>): void {
  world.out.push(world.requests.ask(request, world.at, onAnswer));
}

export function tell(world: AlpacaWorld, event: BrokerEvent): void {
  world.changes += 1;
  const { source, isQuiet, out } = world;
  if (!isQuiet) out.push({ kind: 'event', event, ...(source !== undefined && { source }) });
}

/** Reads an order by itself after a while; a time that is set already is only brought forward. */
export function readLater(world: AlpacaWorld, orderId: string, millis: number): void {
  const at = addMicros(world.at.wall, millis * MICROS_PER_MILLI);
  const known = world.due.get(orderId);
  if (known === undefined || at < known) world.due.set(orderId, at);
}

/** Ends a line as rejected: by the broker, or because nothing reached it. */
export function reject(
  world: AlpacaWorld,
  line: OrderLine,
  reason: string,
  refusal?: RefusalKind,
): void {
  line.end = 'rejected';
  line.endReason = reason;
  line.change = undefined;
  line.next = undefined;
  tell(world, { kind: 'rejected', intentId: line.intentId, reason, refusal });
}

/** The order has this limit: a change of it is over. */
export function tellLimit(world: AlpacaWorld, line: OrderLine, limit: Price): void {
  const { intentId } = line;
  line.told = limit;
  if (line.change?.kind !== 'cancel') line.change = undefined;
  if (line.isForeign) {
    line.toldUnits = lineUnits(line);
    tell(world, { kind: 'replaced', intentId, limit, remaining: untoldUnits(line) });
  } else tell(world, { kind: 'replaced', intentId, limit });
}

export function refuseChange(
  world: AlpacaWorld,
  line: OrderLine,
  reason: string,
  refusal?: NoWord,
): void {
  const { intentId } = line;
  line.change = undefined;
  line.next = undefined;
  const noWord = refusal === undefined ? {} : { refusal };
  tell(world, { kind: 'cancelRejected', intentId, reason, ...noWord });
}
