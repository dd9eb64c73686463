/**
 * Bugs on purpose: each is a wrapper around one part of the engine, never a change of its source. A
 * campaign that does not find one of them is worth nothing.
 */

import type { ApprovedOrder } from '../../../src/broker/approved-order.ts';
import type { GatewayEffect, OrderGateway } from '../../../src/broker/order-gateway.ts';
import type { Desk } from '../../../src/desk/desk.ts';
import type { Input } from '../../../src/desk/inputs.ts';
import type { SessionWraps } from '../../../src/desk/simulation/session-wraps.ts';
import type { At } from '../../../src/engine/domain/clock.ts';

export const PLANT_NAMES = [
  'resend-on-timeout',
  'token-reuse',
  'skip-fsync',
  'kill-after-check',
  'cap-off-by-one',
  'drop-fill',
  'audit-gap',
  'leak',
  'blind-stop',
  'forgotten-side',
  'rest-left-working',
  'kill-before-connect',
] as const;
export type PlantName = (typeof PLANT_NAMES)[number];

const DROP_EVERY_FILL = 5;
const DROP_EVERY_RECORD = 40;
/** Five ticks. */
const MOST_OF_A_WING = 500;

type EffectsFilter = (effects: readonly GatewayEffect[], at: At) => readonly GatewayEffect[];

/** A gateway whose effects pass through a filter; `onSubmit` hears of every submit. */
function filtered(
  broker: OrderGateway,
  filter: EffectsFilter,
  onSubmit: (order: ApprovedOrder) => void = () => undefined,
): OrderGateway {
  return {
    capabilities: broker.capabilities,
    accountId: broker.accountId,
    submit: (order, at) => {
      onSubmit(order);
      return filter(broker.submit(order, at), at);
    },
    cancel: (intentId, at) => filter(broker.cancel(intentId, at), at),
    reprice: (order, at) => filter(broker.reprice(order, at), at),
    findByIntent: (intentId, at) => filter(broker.findByIntent(intentId, at), at),
    dryRun: (intent, at) => filter(broker.dryRun(intent, at), at),
    onQuote: (symbol, quote, at) => filter(broker.onQuote(symbol, quote, at), at),
    onBatchEnd: (at) => filter(broker.onBatchEnd(at), at),
    forgetQuotes: () => broker.forgetQuotes(),
    onWire: (input, at) => filter(broker.onWire(input, at), at),
    onClock: (at, session) => filter(broker.onClock(at, session), at),
    nextWake: () => broker.nextWake(),
    snapshot: (at) => broker.snapshot(at),
    lookAgain: (at) => broker.lookAgain(at),
  };
}

/** Takes silence for a loss and sends the order again. */
function resendOnTimeout(broker: OrderGateway): OrderGateway {
  const sent = new Map<string, ApprovedOrder>();
  const filter: EffectsFilter = (effects, at) =>
    effects.flatMap((effect) => {
      const isUnknown = effect.kind === 'event' && effect.event.kind === 'unknown';
      const order = isUnknown ? sent.get(effect.event.intentId) : undefined;
      return order === undefined ? [effect] : [effect, ...broker.submit(order, at)];
    });
  return filtered(broker, filter, (order) => sent.set(order.intent.intentId, order));
}

/** Loses every so-many-th fill between the broker and the desk. */
function dropFill(broker: OrderGateway): OrderGateway {
  let fills = 0;
  return filtered(broker, (effects) =>
    effects.filter((effect) => {
      if (effect.kind !== 'event' || effect.event.kind !== 'fill') return true;
      fills += 1;
      return fills % DROP_EVERY_FILL !== 0;
    }),
  );
}

function auditGap(): SessionWraps {
  let records = 0;
  return {
    record: (record) => {
      records += 1;
      return records % DROP_EVERY_RECORD === 0 ? undefined : record;
    },
  };
}

/** Calls back no opening, and says that it has. */
function restLeftWorking(broker: OrderGateway): OrderGateway {
  const openings = new Set<string>();
  const plain = filtered(
    broker,
    (effects) => effects,
    ({ intent }) => {
      if (intent.purpose === 'open') openings.add(intent.intentId);
    },
  );
  const cancel: OrderGateway['cancel'] = (intentId, at) =>
    openings.has(intentId) ? [] : plain.cancel(intentId, at);
  return { ...plain, cancel };
}

/** Takes a wing that nobody bids for, and that is offered beyond a few ticks, for no market at all. */
function blindStop(input: Input): Input {
  if (input.kind !== 'quote' || input.bid !== undefined) return input;
  return (input.ask ?? 0) > MOST_OF_A_WING ? { ...input, ask: undefined } : input;
}

/** An exit of one side, as a desk remembers that it was told, with its position. */
const EXIT_OF_A_SIDE = /^exit (.*) (?:callSideStop|putSideStop|exDividend)$/;

/** Forgets that a side was left once no order closes any of it. */
function forgottenSide({ context }: Desk): void {
  const { orders, day } = context;
  const has = day.toldOnce.has.bind(day.toldOnce);
  const value = (key: string): boolean => {
    const [, positionId] = EXIT_OF_A_SIDE.exec(key) ?? [];
    return has(key) && (positionId === undefined || orders.isClosing(positionId));
  };
  Object.defineProperty(day.toldOnce, 'has', { value });
}

const PLANTS: Readonly<Record<PlantName, () => SessionWraps>> = {
  'resend-on-timeout': () => ({ gateway: resendOnTimeout }),
  'token-reuse': () => ({
    desk: (desk) => {
      // A token book that forgets to spend.
      Object.defineProperty(desk.context.tokens, 'consume', { value: () => undefined });
    },
  }),
  'skip-fsync': () => ({
    answers: (answers, at) => answers.map((answer) => ({ ...answer, due: at.wall })),
  }),
  'kill-after-check': () => ({ killWord: () => false }),
  'kill-before-connect': () => ({ connectWord: () => false }),
  'cap-off-by-one': () => ({
    limits: (limits) => ({ ...limits, maxOrderContracts: limits.maxOrderContracts + 1 }),
  }),
  'drop-fill': () => ({ gateway: dropFill }),
  'audit-gap': auditGap,
  'blind-stop': () => ({ input: blindStop }),
  'forgotten-side': () => ({ desk: forgottenSide }),
  'rest-left-working': () => ({ gateway: restLeftWorking }),
  leak: () => ({
    record: (record, plainTokens) => {
      const token = plainTokens().at(-1);
      if (record.body.kind !== 'previewRefused' || token === undefined) return record;
      return { ...record, body: { ...record.body, strategy: `confirm ${token}` } };
    },
  }),
};

/** The wrappers of a planted bug, fresh for each session. */
export function plantOf(name: PlantName): SessionWraps {
  return PLANTS[name]();
}

export function isPlantName(name: string | undefined): name is PlantName {
  return PLANT_NAMES.some((known) => known === name);
}
