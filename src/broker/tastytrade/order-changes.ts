/**
 * Cancels and new limits. A cancel is done twice without harm, a replacement is another order: while
 * the fate of one is open, the intent's end is not told, nor that a cancel was refused, and a cancel
 * follows it. A limit that comes to nothing is not told of an intent that is called back: its end is, or
 * the refusal of the cancel. Pure.
 */

import type { At } from '../../engine/domain/clock.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { GatewayEffect, NoWord } from '../order-gateway.ts';
import type { WireAnswer, WireRequests } from '../wire-requests.ts';
import { noWordIn } from '../wire-requests.ts';
import { CancelWatch } from './cancel-watch.ts';
import { dataIn, refusalIn } from './envelope.ts';
import { replaceBody } from './order-body.ts';
import { isOversized } from './order-chain.ts';
import type { OrderLedger } from './order-ledger.ts';
import { orderIn, told } from './order-news.ts';
import type { TastyOrder } from './tasty-order.ts';

const NOTHING: readonly GatewayEffect[] = [];

export interface ChangeParts {
  readonly accountId: string;
  readonly requests: WireRequests<readonly GatewayEffect[]>;
  readonly ledger: OrderLedger;
  readonly take: (orders: readonly TastyOrder[], at: At) => readonly GatewayEffect[];
  /** The lists are to be read soon. */
  readonly reread: (at: At) => void;
}

/** A replace under way: waiting until the order can be replaced, sent, answered with the order that it makes,
 * until that works or has come to nothing. */
interface Replacing {
  isSent: boolean;
  orderId?: string;
  /** What is wanted once it can be sent, or, of a close, after it. */
  next?: OrderIntent;
}

export class OrderChanges {
  readonly #parts: ChangeParts;
  /** Intents to be cancelled as soon as there is an order to name. */
  readonly #wanted = new Set<string>();
  /** By the broker's ids. */
  readonly #cancels = new CancelWatch();
  readonly #replacing = new Map<string, Replacing>();

  constructor(parts: ChangeParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#wanted.size + this.#replacing.size + this.#cancels.size;
  }

  /** Drops what concerns these orders of the broker, and intents with ids before `oldest`. */
  forget(orderIds: readonly string[], oldest: string): void {
    for (const id of orderIds) this.#cancels.forget(id);
    for (const open of [this.#wanted, this.#replacing]) {
      for (const intentId of open.keys()) if (intentId < oldest) open.delete(intentId);
    }
  }

  onEnd(intentId: string): void {
    this.#wanted.delete(intentId);
  }

  /** Something of an intent became known: a cancel that waited for it goes out. */
  onNews(intentId: string, at: At): readonly GatewayEffect[] {
    const settled = [
      ...this.#oversized(intentId).flatMap((order) => this.#cancelOrder(intentId, order, at)),
      ...this.#settleReplacement(intentId, at),
      ...this.#sendWaiting(intentId, at),
    ];
    if (!this.#wanted.has(intentId)) return settled;
    const orders = this.#cancellable(intentId);
    if (this.#hasEnded(intentId)) this.#wanted.delete(intentId);
    return [...settled, ...orders.flatMap((order) => this.#cancelOrder(intentId, order, at))];
  }

  /** A replacement works, or has come to nothing: a fill of the order that it was to replace ends it,
   * and the old limit stays. */
  #settleReplacement(intentId: string, at: At): readonly GatewayEffect[] {
    const { orderId, next } = this.#replacing.get(intentId) ?? {};
    const chain = orderId === undefined ? undefined : this.#parts.ledger.chain(intentId);
    const order = chain?.orders.find(({ id }) => id === orderId);
    if (chain === undefined || order === undefined || order.isContingent) return NOTHING;
    this.#replacing.delete(intentId);
    if (chain.standing !== 'working' || this.#wanted.has(intentId)) return NOTHING;
    const hasFailed = order.standing !== 'working' && order.standing !== 'filled';
    const why = `the new limit was not taken: ${order.rejectReason ?? order.status}`;
    const said = hasFailed ? this.#no(intentId, why) : NOTHING;
    // What waited behind another limit is asked for once more when that is told, and may be there by now.
    const isThere = next === undefined || next.limit === chain.head?.limit;
    return isThere ? said : [...said, ...this.reprice(next, at)];
  }

  /** A limit that waited for its order to be at work is asked for. An end drops it. */
  #sendWaiting(intentId: string, at: At): readonly GatewayEffect[] {
    const { isSent = true, next } = this.#replacing.get(intentId) ?? {};
    const { standing, head } = this.#parts.ledger.chain(intentId) ?? {};
    if (isSent || head?.isOnItsWay === true) return NOTHING;
    this.#replacing.delete(intentId);
    if (standing !== 'working' || next === undefined) return NOTHING;
    if (next.limit !== head?.limit) return this.reprice(next, at);
    return told([{ kind: 'replaced', intentId, limit: next.limit }]);
  }

  /** A cancel of an intent of ours whose order is not known yet waits: for the answer to its POST, or,
   * after a start, for the first list. A limit that waits to be sent is wanted no more. */
  cancel(intentId: string, at: At): readonly GatewayEffect[] {
    const { ledger } = this.#parts;
    if (this.#replacing.get(intentId)?.isSent === false) this.#replacing.delete(intentId);
    const chain = ledger.chain(intentId);
    if (chain === undefined && ledger.intent(intentId) !== undefined) {
      this.#wanted.add(intentId);
      return NOTHING;
    }
    if (chain === undefined) return this.#no(intentId, 'the broker has told of no such order');
    if (chain.standing !== 'working') return this.#no(intentId, `the order is ${chain.standing}`);
    this.#wanted.add(intentId);
    return this.#cancellable(intentId).flatMap((order) => this.#cancelOrder(intentId, order, at));
  }

  reprice(intent: OrderIntent, at: At): readonly GatewayEffect[] {
    const { intentId } = intent;
    const opening = intent.purpose === 'open';
    const { ledger, requests, accountId } = this.#parts;
    const underWay = this.#replacing.get(intentId);
    if (underWay !== undefined) {
      if (opening && underWay.isSent)
        return this.#no(intentId, 'another change of it is under way');
      underWay.next = intent;
      return NOTHING;
    }
    const chain = ledger.chain(intentId);
    const head = chain?.head;
    if (chain?.standing !== 'working' || head === undefined) {
      const isKnown = chain !== undefined;
      const is = chain?.standing ?? 'not known here yet';
      return this.#no(intentId, `the order is ${is}`, isKnown ? undefined : 'unsent');
    }
    if (this.#wanted.has(intentId)) {
      return this.#no(intentId, 'it is being cancelled', 'unsent');
    }
    if (intent.stopTrigger !== undefined) return this.#no(intentId, 'a stop is not moved');
    // Whether a replacement orders the rest or the whole again is documented nowhere.
    const hasFilled = chain.orders.some(({ legs }) => legs.some(({ fills }) => fills.length > 0));
    if (opening && hasFilled) return this.#no(intentId, 'it is filled in part, so its limit stays');
    if (head.isOnItsWay) {
      this.#replacing.set(intentId, { isSent: false, next: intent });
      return NOTHING;
    }
    const path = `/accounts/${accountId}/orders/${head.id}`;
    const body = replaceBody(intent.limit);
    const turn = opening ? 'entry' : 'exit';
    this.#replacing.set(intentId, { isSent: true });
    ledger.setChanging(intentId, true, at.wall);
    return [
      requests.ask({ turn, method: 'PUT', path, body }, at, (answer, answeredAt) =>
        this.#onReplaced(intentId, answer, answeredAt),
      ),
    ];
  }

  #onReplaced(intentId: string, answer: WireAnswer, at: At): readonly GatewayEffect[] {
    const { ledger, reread } = this.#parts;
    const isTaken = answer.kind === 'httpResponse' && answer.status >= 200 && answer.status < 300;
    const order = isTaken ? orderIn(dataIn(answer.body)) : undefined;
    const effects: GatewayEffect[] = [];
    if (order === undefined) {
      // Whether it was replaced, where no answer says so, is told by the stream and the lists.
      this.#replacing.delete(intentId);
      reread(at);
      if (!this.#wanted.has(intentId)) {
        effects.push(...this.#no(intentId, reasonOf(answer), noWordIn(answer)));
      }
    } else {
      const underWay = this.#replacing.get(intentId);
      if (underWay !== undefined) underWay.orderId = order.id;
      effects.push(...told(ledger.take(order, at.wall, intentId)));
    }
    effects.push(...told(ledger.setChanging(intentId, false, at.wall)));
    return [...effects, ...this.onNews(intentId, at)];
  }

  #cancelOrder(intentId: string, { id }: TastyOrder, at: At): readonly GatewayEffect[] {
    return this.#cancels.begin(id, intentId) ? this.#sendCancel(intentId, id, at) : NOTHING;
  }

  #sendCancel(intentId: string, id: string, at: At): readonly GatewayEffect[] {
    const path = `/accounts/${this.#parts.accountId}/orders/${id}`;
    return [
      this.#parts.requests.ask({ turn: 'exit', method: 'DELETE', path }, at, (answer, answeredAt) =>
        this.#onCancelled(intentId, id, answer, answeredAt),
      ),
    ];
  }

  #onCancelled(intentId: string, id: string, answer: WireAnswer, at: At): readonly GatewayEffect[] {
    const isTaken = answer.kind === 'httpResponse' && answer.status >= 200 && answer.status < 300;
    const order = isTaken ? orderIn(dataIn(answer.body)) : undefined;
    if (order !== undefined) {
      this.#cancels.onTaken(id, at.wall);
      return this.#parts.take([order], at);
    }
    this.#cancels.forget(id);
    this.#parts.reread(at);
    if (isTaken || this.#isCancelOpen(intentId)) return NOTHING;
    this.#wanted.delete(intentId);
    return this.#no(intentId, reasonOf(answer));
  }

  /** True where the refusal to cancel one order is not the last word on its intent: a replacement that is
   * under way may work and is called back then, or another order of it is being cancelled. */
  #isCancelOpen(intentId: string): boolean {
    if (!this.#wanted.has(intentId)) return false;
    const isUnderWay = this.#cancellable(intentId).some(({ id }) => this.#cancels.has(id));
    return isUnderWay || this.#replacing.has(intentId);
  }

  /** A list asked for at `askedAt` shows that cancels were lost: they are asked again. */
  onListed(listed: readonly TastyOrder[], askedAt: At, at: At): readonly GatewayEffect[] {
    return this.#cancels.lostIn(listed, askedAt.wall).flatMap((lost) => {
      const { intentId, order, times, isGivenUp } = lost;
      if (!isGivenUp) return this.#sendCancel(intentId, order.id, at);
      this.#wanted.delete(intentId);
      return this.#no(intentId, `taken ${times} times by the broker, and the order works on`);
    });
  }

  #cancellable(intentId: string): readonly TastyOrder[] {
    const orders = this.#parts.ledger.chain(intentId)?.orders ?? [];
    return orders.filter(({ standing }) => standing === 'working');
  }

  /** Oversized replacements of ours are called back, at best while they still wait for the old order's end.
   * How many somebody else wants is theirs to say. */
  #oversized(intentId: string): readonly TastyOrder[] {
    if (this.#parts.ledger.intent(intentId) === undefined) return [];
    const { orders = [], remaining = 0 } = this.#parts.ledger.chain(intentId) ?? {};
    return orders.filter((order) => {
      return order.standing === 'working' && isOversized(orders, order, remaining);
    });
  }

  #hasEnded(intentId: string): boolean {
    return this.#parts.ledger.chain(intentId)?.standing !== 'working';
  }

  #no(intentId: string, reason: string, refusal?: NoWord): readonly GatewayEffect[] {
    const noWord = refusal === undefined ? {} : { refusal };
    return told([{ kind: 'cancelRejected', intentId, reason, ...noWord }]);
  }
}

function reasonOf(answer: WireAnswer): string {
  if (answer.kind === 'httpFailed') {
    return answer.neverSent === true ? answer.reason : `not proven: ${answer.reason}`;
  }
  return refusalIn(answer.status, answer.body);
}
