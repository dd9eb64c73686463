import { describe, expect, it } from 'vitest';
import type { WorkingOrder } from '../../../src/broker/order-gateway.ts';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import type { OptionContract, Right } from '../../../src/engine/domain/instrument.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { cents, price } from '../../../src/engine/domain/units.ts';
import { DeskRig, denialIn } from '../../support/desk-rig.ts';

const UNTIL_SEEN_SECONDS = 10;

type Leg = readonly [instrument: OptionContract, held: number];

/** The options of the oldest position. */
function legsOf(rig: DeskRig): readonly Leg[] {
  const [position] = rig.positions();
  return position!.legs.flatMap(({ instrument, quantity }): readonly Leg[] =>
    instrument.kind === 'option' ? [[instrument, quantity]] : [],
  );
}

/** Orders of somebody else's work at the broker, each of which closes some legs once. */
function othersClose(rig: DeskRig, ...orders: readonly (readonly Leg[])[]): void {
  const theirs = orders.map((legs, place): WorkingOrder => {
    const closing = legs.map(([instrument, held]): OrderLeg => {
      return { instrument, action: held > 0 ? 'sellToClose' : 'buyToClose', ratio: 1 };
    });
    const intentId = `external-B-${place}`;
    const limit = price(-100);
    return { intentId, brokerOrderId: `B-${place}`, legs: closing, remaining: 1, limit };
  });
  rig.gateway.editSnapshot = (snapshot) => ({
    ...snapshot,
    workingOrders: [...snapshot.workingOrders, ...theirs],
  });
  rig.advance(UNTIL_SEEN_SECONDS);
  expect(rig.orders().filter(({ status }) => status === 'working')).toHaveLength(theirs.length);
}

/** What MAX_OPEN_RISK says is used, cents; null where something has no bound. */
function openRisk(rig: DeskRig): number | null {
  const { limits } = rig.query<RiskCheckView>({ kind: 'riskCheck' });
  return limits.find(({ name }) => name === 'MAX_OPEN_RISK')?.used as number | null;
}

function openingIsDenied(rig: DeskRig): string {
  const request = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;
  const tokenSha256 = rig.newToken();
  return denialIn(rig.ask({ kind: 'previewStrategy', request, tokenSha256 })).code;
}

function condorRig(): DeskRig {
  const rig = new DeskRig();
  rig.openPosition();
  return rig;
}

const isWing =
  (right: Right) =>
  ([instrument, held]: Leg): boolean =>
    instrument.right === right && held > 0;
const isOf =
  (right: Right) =>
  ([instrument]: Leg): boolean =>
    instrument.right === right;

describe('a working order of others', () => {
  it('that sells the cover of a short counts as without a bound, as what it leaves does', () => {
    const rig = condorRig();
    const [wing] = legsOf(rig).filter(isWing('call'));
    othersClose(rig, [wing!]);
    expect(openRisk(rig)).toBeNull();
    expect(openingIsDenied(rig)).toBe('open_risk');
    const money = { price: price(100), feesCents: cents(0), marketAt: rig.at.market };
    const what = { instrument: wing![0], action: 'sellToClose', quantity: 1 } as const;
    rig.brokerSays({
      kind: 'fill',
      fill: { fillId: 'theirs', intentId: 'external-B-0', ...what, ...money },
    });
    expect(openRisk(rig)).toBeNull();
  });

  it('that sells the cover of a put counts with its strike', () => {
    const rig = condorRig();
    othersClose(rig, legsOf(rig).filter(isWing('put')));
    expect(openRisk(rig)).toBeGreaterThan(5_000_000);
    expect(openingIsDenied(rig)).toBe('open_risk');
  });

  it('that closes all of a position counts with nothing, one of a side with what it leaves', () => {
    const rig = condorRig();
    const held = openRisk(rig);
    othersClose(rig, legsOf(rig));
    expect(openRisk(rig)).toBe(held);
    const again = condorRig();
    othersClose(again, legsOf(again).filter(isOf('call')));
    // The credit of the call side stands against the put side no more.
    expect(openRisk(again)).toBeGreaterThan(held!);
    expect(openRisk(again)).toBeLessThan(50_000);
  });

  it('beside another that closes the rest counts as if it came first', () => {
    const rig = condorRig();
    const [wing] = legsOf(rig).filter(isWing('call'));
    const others = legsOf(rig).filter((leg) => leg[0] !== wing![0]);
    othersClose(rig, others, [wing!]);
    expect(openRisk(rig)).toBeNull();
  });

  it('that closes one of two positions takes each leg from the one that holds the rest of it', () => {
    const rig = new DeskRig({ limits: { duplicateWindowMillis: 0 } });
    rig.openPosition();
    rig.openPosition();
    const held = openRisk(rig);
    othersClose(rig, legsOf(rig));
    expect(openRisk(rig)).toBe(held);
  });
});
