import { describe, expect, it } from 'vitest';
import type { OrderRequest } from '../../../src/desk/engine-api-requests.ts';
import { readOrder } from '../../../src/desk/previews/manual-legs.ts';
import { HandOracle } from '../../../src/desk/simulation/hand-oracle.ts';
import { handClose, handOrder, oddHandOrder } from '../../../src/desk/simulation/hand-requests.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import type { AuditBody } from '../../../src/engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { cents, epochMicros, price, sessionDate } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';

const AT = { market: epochMicros(1), wall: epochMicros(1) };
const LEGS = [optionLeg('sellToOpen', 'put', 640), optionLeg('buyToOpen', 'put', 635)];
const REQUEST: OrderRequest = {
  legs: LEGS.map(({ instrument, action, ratio }) => {
    return { symbol: instrumentSymbol(instrument), action, ratio };
  }),
  quantity: 2,
  limit: 1,
};
const INTENT: OrderIntent = {
  intentId: 'new',
  purpose: 'open',
  strategy: 'place_order',
  positionId: 'new',
  legs: LEGS,
  quantity: 2,
  limit: price(11_000),
  worst: price(10_000),
  principal: 'alice',
};
const OLD: OrderIntent = { ...INTENT, intentId: 'old', positionId: 'old' };

class OracleRig {
  readonly said: string[] = [];
  readonly counted: string[] = [];
  readonly oracle = new HandOracle(
    (what) => this.said.push(what),
    (what) => this.counted.push(what),
  );
  #seq = 0;

  constructor(command: 'order' | 'replace') {
    const caller = { principal: 'alice', authority: 'open' } as const;
    const tokenSha256 = 't';
    this.oracle.onInput({
      kind: 'command',
      at: AT,
      id: 1,
      caller,
      command:
        command === 'order'
          ? { kind: 'previewOrder', request: REQUEST, tokenSha256 }
          : { kind: 'previewReplace', orderId: 'old', limit: 1, tokenSha256 },
    });
  }

  record(body: AuditBody): this {
    this.#seq += 1;
    const session = sessionDate('2026-08-04');
    this.oracle.onRecord({ version: 1, seq: this.#seq, session, at: AT, body });
    return this;
  }

  preview(change: Partial<OrderIntent> = {}): this {
    const fixed = { previewId: 'p', principal: 'alice', expiresAtWall: 2, orderHash: 'h' };
    const rest = { checks: [], quotes: {}, limitsVersion: 'v', tokenSha256: 't' };
    const intent = { ...INTENT, ...change };
    return this.record({ kind: 'previewMade', intent, ...fixed, ...rest });
  }

  intent(intent: OrderIntent, tokenSha256: string): this {
    const rest = { orderHash: 'h', previewId: 'p', checks: [], quotes: {}, limitsVersion: 'v' };
    return this.record({ kind: 'intentRecorded', intent, tokenSha256, ...rest });
  }

  fill(quantity: number): this {
    const [leg] = LEGS;
    if (leg === undefined) throw new Error('a leg');
    const { instrument, action } = leg;
    const trade = { intentId: 'old', instrument, action, quantity, price: price(1) };
    const fill = { ...trade, fillId: `f${quantity}`, feesCents: cents(0), marketAt: AT.market };
    this.oracle.onEvent({ kind: 'fill', fill });
    return this;
  }
}

describe('the oracle of orders by hand', () => {
  it('has nothing against what was asked for, and counts it', () => {
    const rig = new OracleRig('order').preview().intent(INTENT, 't');
    expect(rig.said).toEqual([]);
    expect(rig.counted).toEqual(['opened']);
  });

  it.each<[string, Partial<OrderIntent>, RegExp]>([
    ['another quantity', { quantity: 1 }, /is of .*: 1 sellToOpen.*, not of .*: 2 sellToOpen/],
    ['a leg too few', { legs: LEGS.slice(1) }, /not of/],
    ['a worse price', { worst: price(9_900) }, /may trade worse than 1/],
  ])('objects to %s', (_what, change, words) => {
    expect(new OracleRig('order').preview(change).said.join()).toMatch(words);
  });

  it('lets a close leave a leg, but not take one that was not named', () => {
    const close = { purpose: 'close', legs: LEGS.slice(1) } as const;
    expect(new OracleRig('order').preview(close).said).toEqual([]);
    const other = { ...close, legs: [optionLeg('sellToOpen', 'call', 640)] };
    expect(new OracleRig('order').preview(other).said).toHaveLength(1);
  });

  it('objects to a replacement while the old order may work, or of more than it left', () => {
    const begun = () => new OracleRig('replace').intent(OLD, 'o').preview().intent(INTENT, 't');
    const early = begun();
    early.oracle.onSubmit(INTENT);
    expect(early.said.join()).toMatch(/was sent while old, which it replaces, may work/);
    const filled = begun().fill(1);
    filled.oracle.onEvent({ kind: 'cancelled', intentId: 'old', remaining: 1 });
    filled.oracle.onSubmit(INTENT);
    expect(filled.said.join()).toMatch(/new and what old filled are 5 contracts/);
    const clean = begun();
    clean.oracle.onEvent({ kind: 'cancelled', intentId: 'old', remaining: 2 });
    clean.oracle.onSubmit(INTENT);
    expect(clean.said).toEqual([]);
    expect(clean.counted).toEqual(['replaced']);
  });
});

describe('what is ordered by hand in a simulation', () => {
  const moment = { spotDollars: 600.4, expiry: sessionDate('2026-08-04'), midOf: () => 1 };

  it('can mostly be read as an order, and with something wrong in it mostly not', () => {
    const random = new SeededRandom(5, 9);
    const readable = (make: typeof handOrder) =>
      Array.from({ length: 300 }, () => readOrder(make(random, moment), 'SPY')).filter(
        (read) => !('denied' in read),
      ).length;
    expect(readable(handOrder)).toBeGreaterThan(250);
    expect(readable(oddHandOrder)).toBeLessThan(200);
  });

  it('closes legs of one position, as they are held', () => {
    const random = new SeededRandom(6, 9);
    const legs = LEGS.map(({ instrument }, i) => {
      return { instrument, quantity: i === 0 ? -2 : 2, ratio: 1, averagePrice: price(1) };
    });
    const position = { positionId: 'p', legs } as unknown as Parameters<typeof handClose>[1];
    for (let i = 0; i < 100; i += 1) {
      for (const leg of handClose(random, position).legs) {
        const isShort = leg.symbol === REQUEST.legs[0]?.symbol;
        expect(leg.action).toBe(isShort ? 'buyToClose' : 'sellToClose');
        expect(leg.ratio).toBeLessThanOrEqual(3);
      }
    }
  });
});
