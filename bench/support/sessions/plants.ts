/**
 * Bugs on purpose: each is a wrapper around one part of the engine, never a change of its source. A
 * campaign that does not find one of them is worth nothing.
 */

import type { ApprovedOrder } from '../../../src/broker/approved-order.ts';
import type { GatewayEffect, OrderGateway } from '../../../src/broker/order-gateway.ts';
import type { Desk } from '../../../src/desk/desk.ts';
import type { DeskConfig } from '../../../src/desk/desk-config.ts';
import type { DeskContext } from '../../../src/desk/desk-context.ts';
import type { Input } from '../../../src/desk/inputs.ts';
import type { SessionWraps } from '../../../src/desk/simulation/session-wraps.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { ExitPlan } from '../../../src/engine/domain/order.ts';
import type { EpochMicros, Price } from '../../../src/engine/domain/units.ts';
import {
  addMicros,
  epochMicros,
  MICROS_PER_MINUTE,
  price,
} from '../../../src/engine/domain/units.ts';
import type { Limits } from '../../../src/risk/limits.ts';
import { PLAN_PLANTS } from './plan-plants.ts';

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

/** Calls back nothing once trading is killed, and says that it has. */
function killCallsNothingBack(): SessionWraps {
  let day: DeskContext['day'] | undefined;
  return {
    desk: ({ context }) => {
      day = context.day;
    },
    gateway: (broker) => {
      const plain = filtered(broker, (effects) => effects);
      const cancel: OrderGateway['cancel'] = (intentId, at) =>
        day?.killed === true ? [] : plain.cancel(intentId, at);
      return { ...plain, cancel };
    },
  };
}

/** Loses the new limits of what closes. */
function closesNeverMoved(broker: OrderGateway): OrderGateway {
  const plain = filtered(broker, (effects) => effects);
  const reprice: OrderGateway['reprice'] = (order, at) =>
    order.intent.purpose === 'open' ? plain.reprice(order, at) : [];
  return { ...plain, reprice };
}

/** A hundred dollars a share. */
const FAR_TOO_MUCH = 1_000_000;

/** Moves what closes to a limit that pays more than it can be worth. */
function closesAtAnyPrice(broker: OrderGateway): OrderGateway {
  const plain = filtered(broker, (effects) => effects);
  const reprice: OrderGateway['reprice'] = (order, at) => {
    const { intent } = order;
    if (intent.purpose === 'open') return plain.reprice(order, at);
    const value = { ...intent, limit: price(intent.limit - FAR_TOO_MUCH) };
    return plain.reprice(Object.create(order, { intent: { value } }), at);
  };
  return { ...plain, reprice };
}

/** Goes on with nothing that a trader asked to be closed, once the order of it has ended. */
function askedForgotten({ context }: Desk): void {
  const value = (): Iterator<never> => [].values();
  Object.defineProperty(context.day.askedCloses, Symbol.iterator, { value });
}

/** A book that holds each position with another plan than it was opened with, or `sent` with. */
function withPlans(change: (plan: ExitPlan, sent: ExitPlan) => ExitPlan): SessionWraps {
  return {
    desk: ({ context: { book, orders } }) => {
      const applyFill = book.applyFill.bind(book);
      const value: typeof applyFill = (fill, intent) => {
        const { exitPlan } = intent;
        const sent = orders.get(intent.intentId)?.exitPlan;
        const held = exitPlan && { ...intent, exitPlan: change(exitPlan, sent ?? exitPlan) };
        return applyFill(fill, held ?? intent);
      };
      Object.defineProperty(book, 'applyFill', { value });
    },
  };
}

function withoutTarget(plan: ExitPlan): ExitPlan {
  const { target: _, ...others } = plan;
  return others;
}

function withoutTrail(plan: ExitPlan): ExitPlan {
  const { trail: _, ...others } = plan;
  return others;
}

function withoutRange(plan: ExitPlan): ExitPlan {
  const { rangeExit: _, ...others } = plan;
  return others;
}

/** Of the best gain; negative: as many times that gain lost. */
const KEEPS = -100;

/** A trail that rises with the gain and stands where no market goes. */
function withFarTrail({ trail, ...others }: ExitPlan): ExitPlan {
  return { ...others, ...(trail && { trail: { ...trail, keepFraction: KEEPS } }) };
}

const NEARER = 0.6;

/** Stops of what is sold at this part of the debit that the card and the journal say. */
function withNearStops(plan: ExitPlan): ExitPlan {
  const { stop, sideStop } = plan;
  const near = (debit: Price): Price => price(Math.round(debit * NEARER));
  return {
    ...plan,
    ...(stop?.kind === 'debitAtOrAbove' && { stop: { ...stop, price: near(stop.price) } }),
    ...(sideStop && { sideStop: { ...sideStop, debit: near(sideStop.debit) } }),
  };
}

/** Sleeps through the time at which all is left: neither a plan nor the schedule asks for it before the
 * deadline. */
function timeExitNever(): SessionWraps {
  const never = epochMicros(Number.MAX_SAFE_INTEGER);
  const late = withPlans((plan) => ({ ...plan, timeExitAt: never }));
  return {
    desk: (desk) => {
      late.desk?.(desk);
      const { context } = desk;
      const { schedule } = context.day;
      const asleep = { ...schedule, flattenStartAt: schedule.flattenDeadlineAt };
      const get = () => (context.at.market < schedule.flattenStartAt ? schedule : asleep);
      Object.defineProperty(context.day, 'schedule', { get });
    },
  };
}

const TWO_HOURS_MICROS = 120 * MICROS_PER_MINUTE;

/** Keeps a schedule that leaves and is flat two hours later. */
function leavesTwoHoursLate({ context: { day } }: Desk): void {
  const { schedule } = day;
  const late = (at: EpochMicros) => addMicros(at, TWO_HOURS_MICROS);
  const { flattenStartAt, flattenDeadlineAt } = schedule;
  const times = {
    flattenStartAt: late(flattenStartAt),
    flattenDeadlineAt: late(flattenDeadlineAt),
  };
  Object.defineProperty(day, 'schedule', { get: () => ({ ...schedule, ...times }) });
}

/** Takes every stop for one that leaves what is held. */
function stopLeaves(input: Input): Input {
  if (input.kind !== 'command' || input.command.kind !== 'shutdown') return input;
  return { ...input, command: { ...input.command, policy: 'leave' } };
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

/** Pages nobody of what goes by this code. */
function toldToNobody(of: string): (desk: Desk) => void {
  return ({ context: { out } }) => {
    const alert = out.alert.bind(out);
    const value: typeof alert = (severity, code, text, subject) => {
      if (code !== of) alert(severity, code, text, subject);
    };
    Object.defineProperty(out, 'alert', { value });
  };
}

/** Forgets what it told of positions, and so never says that it is over. */
function incidentNeverOver({ context: { out } }: Desk): void {
  Object.defineProperty(out, 'ofPositions', { get: () => [] });
}

/** Forgets that a close is for a target, so that it follows the market. */
function targetFollowed({ context: { orders } }: Desk): void {
  const add = orders.add.bind(orders);
  const value: typeof add = (order) => {
    if (order.exitReason === 'target') order.exitReason = undefined;
    add(order);
  };
  Object.defineProperty(orders, 'add', { value });
}

function withLimits(config: DeskConfig, change: (limits: Limits) => Partial<Limits>): DeskConfig {
  return { ...config, limits: { ...config.limits, ...change(config.limits) } };
}

/** Takes a raise for one that stands for good. */
function raiseNeverEnds(config: DeskConfig): DeskConfig {
  const untilWall = epochMicros(Number.MAX_SAFE_INTEGER);
  const limitRaises = config.limitRaises?.map((raise) => ({ ...raise, untilWall }));
  return { ...config, limitRaises };
}

/** Looks at no alert that a trader has set. */
function alertNeverTold({ context: { alerts } }: Desk): void {
  Object.defineProperty(alerts, 'size', { get: () => 0 });
}

/** Names in no answer what stays open. */
function flatBesideBroker({ context: { out } }: Desk): void {
  const reply = out.reply.bind(out);
  const value: typeof reply = (id, result) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an answer of the desk
    const { value: said } = result as { readonly value?: object };
    const isFlatten = said !== undefined && 'unclosed' in said;
    reply(id, isFlatten ? { value: { ...said, unclosed: [] } } : result);
  };
  Object.defineProperty(out, 'reply', { value });
}

const PLANTS = {
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
    config: (config) =>
      withLimits(config, ({ maxOrderContracts }) => ({
        maxOrderContracts: maxOrderContracts + 1,
      })),
  }),
  'delta-cap-off': () => ({
    config: (config) => withLimits(config, () => ({ portfolioDeltaCap: 1e6 })),
  }),
  'drop-fill': () => ({ gateway: dropFill }),
  'audit-gap': auditGap,
  'blind-stop': () => ({ input: blindStop }),
  'forgotten-side': () => ({ desk: forgottenSide }),
  'rest-left-working': () => ({ gateway: restLeftWorking }),
  'kill-calls-nothing-back': killCallsNothingBack,
  'closes-never-moved': () => ({ gateway: closesNeverMoved }),
  'asked-forgotten': () => ({ desk: askedForgotten }),
  'target-never': () => withPlans(withoutTarget),
  'trail-never': () => withPlans(withFarTrail),
  'gain-never-kept': () => withPlans(withoutTrail),
  'opposite-break-never': () => withPlans(withoutRange),
  'time-exit-never': timeExitNever,
  'stops-at-60-percent': () => withPlans(withNearStops),
  'stops-of-the-limit': () => withPlans((_, sent) => sent),
  'unknown-told-to-nobody': () => ({ desk: toldToNobody('ORDER_UNKNOWN') }),
  'moved-told-to-nobody': () => ({ desk: toldToNobody('ORDER_MOVED') }),
  'closes-at-any-price': () => ({ gateway: closesAtAnyPrice }),
  'stop-leaves': () => ({ input: stopLeaves }),
  'leaves-two-hours-late': () => ({ desk: leavesTwoHoursLate }),
  'target-followed': () => ({ desk: targetFollowed }),
  'alert-never-told': () => ({ desk: alertNeverTold }),
  'flat-beside-broker': () => ({ desk: flatBesideBroker }),
  'raise-never-ends': () => ({ config: raiseNeverEnds }),
  'incident-never-over': () => ({ desk: incidentNeverOver }),
  ...PLAN_PLANTS,
  leak: () => ({
    record: (record, plainTokens) => {
      const token = plainTokens().at(-1);
      if (record.body.kind !== 'previewRefused' || token === undefined) return record;
      return { ...record, body: { ...record.body, strategy: `confirm ${token}` } };
    },
  }),
} satisfies Readonly<Record<string, () => SessionWraps>>;
export type PlantName = keyof typeof PLANTS;
export const PLANT_NAMES = Object.keys(PLANTS).filter(isPlantName);

/** The wrappers of a planted bug, fresh for each session. */
export function plantOf(name: PlantName): SessionWraps {
  return PLANTS[name]();
}

export function isPlantName(name: string | undefined): name is PlantName {
  return name !== undefined && Object.hasOwn(PLANTS, name);
}
