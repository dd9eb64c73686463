/** The stub's complex orders: one that triggers others when it has filled, and others of which one ends
 * the rest. Each part is an order of the account, listed and told like any other. */
import type { StubOrder } from './stub-order.ts';
import { TERMINAL } from './stub-order.ts';
import type { StubOrders } from './stub-orders.ts';
import { failure, type StubReply, success } from './stub-wire.ts';

export interface ComplexBody {
  readonly type: string;
  readonly 'trigger-order'?: Record<string, unknown>;
  readonly orders?: readonly Record<string, unknown>[];
}

interface Group {
  readonly id: number;
  readonly type: string;
  readonly trigger: StubOrder | undefined;
  readonly others: readonly StubOrder[];
}

const TYPES = ['OCO', 'OTO', 'OTOCO'];

export class StubComplex {
  readonly #orders: StubOrders;
  readonly #tell: (frame: object) => void;
  readonly #groups = new Map<number, Group>();
  #nextId = 7_001;

  constructor(orders: StubOrders, tell: (frame: object) => void) {
    this.#orders = orders;
    this.#tell = tell;
    orders.onEnd = (order) => this.#onEnd(order);
  }

  handle(method: string, path: string, body: ComplexBody): StubReply {
    const id = Number(/\/(\d+)$/.exec(path)?.[1] ?? Number.NaN);
    if (method === 'POST') return this.#place(path, body);
    if (method === 'GET' && Number.isNaN(id)) {
      return success(path, {
        items: [...this.#groups.values()].map((group) => this.#write(group)),
      });
    }
    const found = this.#groups.get(id);
    if (found === undefined) return failure(404, 'record_not_found', 'no such complex order');
    if (method === 'DELETE')
      for (const order of partsOf(found)) this.#orders.end(order, 'Cancelled');
    return success(path, this.#write(found));
  }

  #place(path: string, { type, 'trigger-order': trigger, orders = [] }: ComplexBody): StubReply {
    if (!TYPES.includes(type)) return failure(422, 'validation_error', 'type');
    if (path.endsWith('/dry-run')) return success(path, { warnings: [] }, 201);
    const held: StubOrder[] = [];
    for (const [index, part] of [trigger, ...orders].entries()) {
      if (part === undefined) continue;
      const tag = `${type}::${index === 0 ? 'trigger-order' : `oco-${index}-order`}`;
      const made = this.#orders.hold(part, tag, this.#nextId);
      if ('body' in made) return made;
      held.push(made);
    }
    const [first, ...rest] = held;
    const isTriggered = trigger !== undefined;
    const group = {
      id: this.#nextId++,
      type,
      trigger: isTriggered ? first : undefined,
      others: isTriggered ? rest : held,
    };
    this.#groups.set(group.id, group);
    this.#tell({ type: 'ComplexOrder', data: this.#write(group) });
    for (const order of isTriggered ? held.slice(0, 1) : held) this.#orders.release(order);
    return success(path, { 'complex-order': this.#write(group) }, 201);
  }

  #onEnd(order: StubOrder): void {
    const group = [...this.#groups.values()].find((each) => partsOf(each).includes(order));
    if (group === undefined) return;
    const isFilled = order.status === 'Filled';
    if (group.trigger === order && isFilled) {
      for (const other of group.others) this.#orders.release(other);
    } else {
      const others = partsOf(group).filter((other) => other !== order);
      for (const other of others) this.#orders.end(other, 'Cancelled');
    }
  }

  #write({ id, type, trigger, others }: Group): object {
    const orders = others.map((order) => this.#orders.write(order));
    const first = trigger === undefined ? {} : { 'trigger-order': this.#orders.write(trigger) };
    return { id, type, ...first, orders };
  }
}

function partsOf({ trigger, others }: Group): readonly StubOrder[] {
  const all = trigger === undefined ? others : [trigger, ...others];
  return all.filter((order) => !TERMINAL.has(order.status) || order.status === 'Filled');
}
