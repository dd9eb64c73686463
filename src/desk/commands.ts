/** Commands from the faces, carried out on the core thread. Every refusal is an answer. */

import { unreachable } from '../engine/domain/assert.ts';
import type { Authority } from '../engine/domain/client-rights.ts';
import { suffices } from '../engine/domain/client-rights.ts';
import { deny } from '../engine/domain/verdict.ts';
import { stateWords, tradingStateOf } from '../risk/trading-state.ts';
import { HUMAN_CAUSES, holdTrading, rearmPace, setKill, tellKill } from './account/governing.ts';
import { clearAlert, setAlert } from './alerts/alert-watch.ts';
import type { DeskContext } from './desk-context.ts';
import type { Caller, KillView } from './engine-api.ts';
import type { Command } from './inputs.ts';
import { isoNewYork } from './iso-time.ts';
import { isStillAsked } from './orders/asked-closes.ts';
import { flattenCard, previewCancel } from './orders/flatten-card.ts';
import { cancelOpenings, closeEverything } from './orders/flattening.ts';
import { isFinal } from './orders/order-book.ts';
import { orderView, statusView } from './orders/order-views.ts';
import { requestCancel, sendUnjournalled } from './orders/sending.ts';
import { grantPlan, revokePlan } from './plan/plan-runner.ts';
import { flattenResult } from './previews/confirm-results.ts';
import type { ConfirmedOrders } from './previews/confirms.ts';
import { confirm } from './previews/confirms.ts';
import { previewOrder } from './previews/manual-orders.ts';
import type { PreviewShelf, PreviewTurn } from './previews/preview-shelf.ts';
import { previewClose, previewStrategy } from './previews/previews.ts';
import { awaitedBy, previewReplace } from './previews/replacing.ts';
import type { Reconciler } from './reconciling/reconciling.ts';

/** What a command came to: an answer now, or orders whose outcome the caller waits for. */
export type CommandResult = { readonly answer: unknown } | ConfirmedOrders;

const NEEDED: Readonly<Record<Command['kind'], Authority>> = {
  previewStrategy: 'observe',
  confirm: 'reduce',
  previewClose: 'reduce',
  previewOrder: 'observe',
  previewReplace: 'observe',
  previewFlatten: 'reduce',
  cancel: 'reduce',
  kill: 'observe',
  latchMissing: 'observe',
  rearm: 'console',
  flattenNow: 'console',
  reconcile: 'observe',
  adopt: 'console',
  planGrant: 'console',
  planRevoke: 'console',
  setAlert: 'observe',
  clearAlert: 'observe',
  shutdown: 'console',
};

/** The parts of the desk a command may reach. */
export interface CommandRoom {
  readonly desk: DeskContext;
  readonly shelf: PreviewShelf;
  readonly reconciler: Reconciler;
  readonly stop: (policy: 'flatten' | 'leave') => void;
}

function missingAuthority(caller: Caller, command: Command) {
  const needed = NEEDED[command.kind];
  if (suffices(caller.authority, needed)) return undefined;
  const where =
    needed === 'console'
      ? '; use the operator console (`deltaring rearm`, `flatten`, `adopt`)'
      : '';
  return deny('not_authorized', `this needs the authority "${needed}"${where}`, {
    has: caller.authority,
    needs: needed,
  });
}

/** Carries out one command. */
export function runCommand(room: CommandRoom, caller: Caller, command: Command): CommandResult {
  const refused = missingAuthority(caller, command);
  if (refused !== undefined) return { answer: refused };
  const { desk, shelf } = room;
  const turnOf = (tokenSha256: string): PreviewTurn => ({ shelf, caller, tokenSha256 });
  switch (command.kind) {
    case 'previewStrategy':
      return { answer: previewStrategy(desk, turnOf(command.tokenSha256), command.request) };
    case 'previewClose':
      return { answer: previewClose(desk, turnOf(command.tokenSha256), command) };
    case 'previewOrder':
      return { answer: previewOrder(desk, turnOf(command.tokenSha256), command.request) };
    case 'previewReplace':
      return { answer: previewReplace(desk, turnOf(command.tokenSha256), command) };
    case 'previewFlatten':
      return { answer: flattenCard(desk, turnOf(command.tokenSha256)) };
    case 'confirm':
      return runConfirm(room, caller, command.tokenSha256);
    case 'cancel':
      return { answer: cancel(desk, turnOf(command.tokenSha256), command.orderId) };
    case 'kill':
      return { answer: { value: kill(desk, caller, command.reason) } };
    case 'latchMissing':
      return { answer: { value: tellUnlatched(desk, command.fault) } };
    case 'rearm':
      return { answer: { value: rearm(desk, caller) } };
    case 'flattenNow':
      return flattenNow(desk, caller);
    case 'reconcile':
      return { answer: { value: room.reconciler.checkNow(desk) } };
    case 'adopt':
      return { answer: room.reconciler.adopt(desk, caller.principal) };
    case 'planGrant':
      return { answer: grantPlan(desk, caller.principal, command) };
    case 'planRevoke':
      return { answer: revokePlan(desk, caller.principal) };
    case 'setAlert':
      return { answer: setAlert(desk, caller.principal, command.request) };
    case 'clearAlert':
      return { answer: clearAlert(desk, caller.principal, command.alertId) };
    case 'shutdown':
      room.stop(command.policy);
      return { answer: { value: { stopping: true } } };
    default:
      return unreachable(command);
  }
}

function runConfirm(room: CommandRoom, caller: Caller, tokenSha256: string): CommandResult {
  const { desk, shelf } = room;
  const started = confirm(desk, shelf, caller, tokenSha256);
  return 'denied' in started ? { answer: started } : started;
}

/** What waits for the end of another order is cancelled with that one. */
function cancel(desk: DeskContext, turn: PreviewTurn, asked: string): unknown {
  const orderId = awaitedBy(desk, asked) ?? asked;
  const order = desk.orders.get(orderId);
  if (order === undefined) {
    return deny('not_found', `no order "${orderId}"; get_recent_orders lists them`, { orderId });
  }
  const replacement = desk.day.replacements.waiting.get(orderId);
  if (replacement !== undefined) replacement.calledOff = 'it was cancelled';
  if (isFinal(order) && !isStillAsked(desk, order)) return { value: orderView(desk, order) };
  if (order.intent.purpose !== 'open') return previewCancel(desk, turn, order);
  requestCancel(desk, order, turn.caller.principal);
  return { value: orderView(desk, order) };
}

/** Engages the kill switch; engaging it again changes nothing. */
export function kill(desk: DeskContext, caller: Caller, reason: string): KillView {
  const { day } = desk;
  if (!day.killed) {
    const engaged = { principal: caller.principal, reason };
    setKill(desk, reason);
    holdTrading(desk, 'kill', true);
    desk.out.append({ kind: 'killEngaged', ...engaged }, true);
    tellKill(desk, engaged);
  }
  const cancelled = cancelOpenings(desk, caller.principal);
  return killView(desk, cancelled);
}

/** The page of a kill leaves before the disk has answered: what its latch lacks comes behind it, in the same
 * incident. */
function tellUnlatched(desk: DeskContext, fault: string): KillView {
  if (desk.day.killed) {
    const text = `the latch of this kill is not on disk (${fault}): until it is, only the journal tells a restart of it`;
    desk.out.alert('critical', 'KILL_ENGAGED', text);
  }
  return killView(desk, []);
}

function rearm(desk: DeskContext, caller: Caller): KillView {
  const { day } = desk;
  const isHeld = day.killed || HUMAN_CAUSES.some((cause) => day.status.causes.includes(cause));
  if (!isHeld) return killView(desk, []);
  if (day.killed) {
    setKill(desk, undefined);
    holdTrading(desk, 'kill', false);
    desk.out.append({ kind: 'killReleased', principal: caller.principal }, true);
    desk.out.settle('resolve', 'KILL_ENGAGED', `re-armed by ${caller.principal}`);
  }
  rearmPace(desk);
  return killView(desk, []);
}

/** What was called back, as it stands now: until its cancel is answered an order may still fill. */
function calledBackWords({ orders }: DeskContext, orderIds: readonly string[]): string {
  if (orderIds.length === 0) return 'No opening order was at work.';
  const called = orderIds.flatMap((orderId) => orders.get(orderId) ?? []);
  const words = called.map((order) => `${order.intent.intentId} (${statusView(order)})`);
  const next = called.every(isFinal)
    ? ''
    : '; what has not ended may still fill: look at get_recent_orders';
  return `Cancel asked for of what opens: ${words.join(', ')}${next}.`;
}

/** What may be opened without the kill: it is not all that holds trading down. */
function armedWords({ day: { status } }: DeskContext): string {
  return tradingStateOf(status) === 'active'
    ? 'Armed: orders may pass the risk gate.'
    : `The kill switch is not engaged, but nothing opens: trading is still ${stateWords(status)}.`;
}

function killView(desk: DeskContext, cancelledOrders: readonly string[]): KillView {
  const { killed, killedAt, killReason } = desk.day;
  return {
    killed,
    since: killedAt === undefined ? null : isoNewYork(killedAt),
    reason: killReason ?? null,
    cancelledOrders,
    note: killed
      ? `${calledBackWords(desk, cancelledOrders)} No order that opens or increases passes. Exits, closes and flatten_all still work. Re-arm only at the operator console: deltaring rearm`
      : armedWords(desk),
  };
}

function flattenNow(desk: DeskContext, caller: Caller): CommandResult {
  closeEverything(desk, caller.principal, undefined);
  const { flattening, consoleFlattens } = desk.day;
  for (const positionId of flattening.keys()) consoleFlattens.add(positionId);
  sendUnjournalled(desk);
  const orders = desk.orders
    .live()
    .filter((order) => order.intent.purpose !== 'open')
    .map((order) => orderView(desk, order));
  return { answer: { value: flattenResult(desk, orders, false) } };
}
