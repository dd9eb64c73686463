import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { instrumentSymbol } from '../../src/engine/domain/instrument.ts';
import type { OrderIntent } from '../../src/engine/domain/order.ts';
import { orderHash } from '../../src/risk/order-hash.ts';
import { DeskRig, denialIn } from '../support/desk-rig.ts';

const BITS_PER_BYTE = 8;

/** Every text that is one bit away. */
function* oneBitAway(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * BITS_PER_BYTE; bit += 1) {
    const changed = Buffer.from(bytes);
    const at = Math.floor(bit / BITS_PER_BYTE);
    changed[at] = (changed[at] ?? 0) ^ (1 << (bit % BITS_PER_BYTE));
    yield changed;
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A desk with one live preview whose plain token is known. */
function previewed() {
  const rig = new DeskRig();
  const token = Buffer.from('Zm91ciBhbmQgdHdlbnR5IGJsYWNrYmlyZHMgYmFrZWQ', 'utf8');
  const tokenSha256 = sha256(token);
  const request = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;
  rig.ask({ kind: 'previewStrategy', request, tokenSha256 });
  return { rig, token, tokenSha256 };
}

const UNKNOWN = 'token_invalid: no such confirm token; make a new preview and confirm its token';

function refusal(rig: DeskRig, tokenSha256: string, principal = 'trader'): string {
  const caller = { principal, authority: 'open' } as const;
  const { code, message } = denialIn(rig.ask({ kind: 'confirm', tokenSha256 }, caller));
  return `${code}: ${message}`;
}

describe('one changed bit', () => {
  it('of a token, or of its hash, redeems nothing', () => {
    const { rig, token, tokenSha256 } = previewed();
    const codes = new Set<string>();
    for (const changed of oneBitAway(token)) codes.add(refusal(rig, sha256(changed)));
    for (const changed of oneBitAway(Buffer.from(tokenSha256, 'hex'))) {
      codes.add(refusal(rig, changed.toString('hex')));
    }
    expect([...codes]).toEqual([UNKNOWN]);
    expect(rig.submitted).toEqual([]);
    rig.send({ kind: 'confirm', tokenSha256 });
    expect(rig.submitted).toHaveLength(1);
  });

  it('of a principal redeems nothing', () => {
    const { rig, tokenSha256 } = previewed();
    const codes = new Set<string>();
    for (const changed of oneBitAway(Buffer.from('trader', 'latin1'))) {
      codes.add(refusal(rig, tokenSha256, changed.toString('latin1')));
    }
    expect([...codes]).toEqual([UNKNOWN]);
    expect(rig.submitted).toEqual([]);
  });

  it('of an order is another order: the token that was granted for it is refused', () => {
    const { rig, tokenSha256 } = previewed();
    const found = rig.desk.context.tokens.lookup(tokenSha256, 'trader', rig.at);
    if (found.kind !== 'live') throw new Error('the token is not live');
    const codes = new Set<string>();
    const [made] = rig.bodies('previewMade');
    const intent = made!.intent;
    const hashes = new Set([made!.orderHash]);
    let changes = 0;
    const { purpose, strategy, legs, quantity, limit, worst, exitPlan } = intent;
    const order = { purpose, strategy, legs, quantity, limit, worst, exitPlan };
    const text = Buffer.from(JSON.stringify(order), 'utf8');
    for (const changed of oneBitAway(text)) {
      const parsed = readable(changed.toString('utf8'));
      if (parsed === undefined || isSame({ ...intent, ...parsed }, intent)) continue;
      changes += 1;
      const other = { ...intent, ...parsed };
      expect(hashes.has(hashOf(other))).toBe(false);
      if (hashOf(other) === 'no order') continue;
      Object.assign(found.grant, { intents: [other] });
      codes.add(refusal(rig, tokenSha256));
    }
    expect([...codes]).toEqual([
      'token_invalid: this token stands for another order; preview again',
    ]);
    expect(rig.submitted).toEqual([]);
    expect(changes).toBeGreaterThan(500);
    expect(orderHash(intent)).toBe(made!.orderHash);
  });
});

/** A changed name of a field is a field that is missing. */
function readable(text: string): Partial<OrderIntent> | undefined {
  try {
    const { purpose, strategy, legs, quantity, limit, worst, exitPlan } = JSON.parse(
      text,
    ) as OrderIntent;
    return { purpose, strategy, legs, quantity, limit, worst, ...(exitPlan && { exitPlan }) };
  } catch {
    return undefined;
  }
}

/** A contract is its OCC symbol: a change that leaves it standing is none. */
function isSame(a: OrderIntent, b: OrderIntent): boolean {
  const told = ({ legs, ...rest }: OrderIntent): string =>
    JSON.stringify([
      rest,
      legs.map(({ instrument, action, ratio }) => [instrumentSymbol(instrument), action, ratio]),
    ]);
  try {
    return told(a) === told(b);
  } catch {
    return false;
  }
}

/** The hash, or nothing where the change made it no order at all. */
function hashOf(intent: OrderIntent): string {
  try {
    return orderHash(intent);
  } catch {
    return 'no order';
  }
}
