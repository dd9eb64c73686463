import { describe, expect, it } from 'vitest';
import { CloseOracle } from '../../../src/desk/simulation/close-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { Fill, OrderPurpose } from '../../../src/engine/domain/order.ts';
import { addMicros, cents, MICROS_PER_SECOND, price } from '../../../src/engine/domain/units.ts';
import { externalPositionId } from '../../../src/engine/portfolio/external-position.ts';
import { buildSession } from '../../support/chain-builder.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const session = buildSession();

/** A condor that is held, and an oracle that hears of records and looks second by second. */
function watching() {
  const rig = new DeskRig();
  const { intent } = rig.order(rig.openPosition().positionId);
  const { positionId } = intent;
  const said: string[] = [];
  const oracle = new CloseOracle((what) => said.push(what));
  const { context } = rig.desk;
  let market = context.at.market;
  const hear = (body: AuditBody) => {
    const at = { market, wall: market };
    oracle.onRecord({ version: 1, seq: 1, session: session.date, at, body });
  };
  const look = (times: number, isTrouble = false) => {
    for (let i = 0; i < times; i += 1) {
      market = addMicros(market, MICROS_PER_SECOND);
      const at = { market, wall: market };
      oracle.judge({ ...context, at }, isTrouble, at);
    }
  };
  const order = (intentId: string, purpose: OrderPurpose): AuditBody => {
    const recorded = rig.bodies('intentRecorded')[0]!;
    return { ...recorded, intent: { ...intent, intentId, purpose }, closesAll: true };
  };
  const gone = () => oracle.afterStep(new DeskRig().desk.context);
  return { oracle, said, hear, look, order, gone, positionId };
}

const GOES_ON = { kind: 'exitTriggered', reason: 'asked', numbers: {} } as const;

describe('a close that a trader asked for', () => {
  it('is reported where nothing goes on with it, once somebody had to', () => {
    const { said, hear, look, order, positionId } = watching();
    look(400);
    expect(said).toEqual([]);
    hear(order('C', 'close'));
    look(330);
    expect(said).toEqual([]);
    look(2);
    expect(said).toEqual([`${positionId} was asked to be closed, and nothing closes it`]);
  });

  it('may wait in trouble, and where somebody was told why', () => {
    const { said, hear, look, order, positionId } = watching();
    hear(order('C', 'close'));
    look(300);
    look(1, true);
    look(300);
    const text = `${positionId} should be closed and cannot be`;
    hear({ kind: 'alert', severity: 'critical', code: 'EXIT_REFUSED', text });
    look(300);
    expect(said).toEqual([]);
  });

  it('may wait while what others opened needs it as cover', () => {
    const rig = new DeskRig();
    const [long, short, further] = rig.listing().contracts.filter(({ right }) => right === 'call');
    const others = (contract: typeof long, action: 'buyToOpen' | 'sellToOpen') => {
      const { root, expiry, right, strike } = contract!;
      const fill: Fill = {
        fillId: `${action} ${strike}`,
        intentId: 'external',
        instrument: { kind: 'option', root, expiry, right, strike },
        action,
        quantity: 1,
        price: price(100),
        feesCents: cents(0),
        marketAt: rig.at.market,
      };
      rig.brokerSays({ kind: 'fill', fill });
      return externalPositionId(fill.instrument);
    };
    const positionId = others(long, 'buyToOpen');
    const judged = () => {
      const said: string[] = [];
      const oracle = new CloseOracle((what) => said.push(what));
      const recorded = new DeskRig();
      recorded.openPosition();
      const { intent, ...rest } = recorded.bodies('intentRecorded')[0]!;
      const asked = { ...intent, intentId: 'C', positionId, purpose: 'close' as const };
      const body: AuditBody = { ...rest, intent: asked, closesAll: true };
      const at = rig.at;
      oracle.onRecord({ version: 1, seq: 1, session: session.date, at, body });
      const { context } = rig.desk;
      for (let i = 0; i < 340; i += 1) {
        const market = addMicros(at.market, i * MICROS_PER_SECOND);
        oracle.judge({ ...context, at: { market, wall: market } }, false, { market, wall: market });
      }
      return said;
    };
    expect(judged()).toHaveLength(1);
    others(short, 'sellToOpen');
    expect(judged()).toEqual([]);
    // A worse cover beside it: without the better one more may be lost.
    others(further, 'buyToOpen');
    expect(judged()).toEqual([]);
  });

  it.each([
    ['a person cancelled it', { kind: 'cancelRequested', intentId: 'C', principal: 'alice' }],
    ['its session is over', { kind: 'sessionSealed', contracts: 0, dayPnlCents: 0 }],
    [
      'it ended at the broker, and not by the engine',
      { kind: 'brokerEvent', event: { kind: 'cancelled', intentId: 'C', remaining: 1 } },
    ],
  ] as const)('is asked for no more once %s: going on with it is reported', (_why, body) => {
    const { said, hear, look, order, positionId } = watching();
    hear(order('C', 'close'));
    hear({ ...GOES_ON, positionId });
    hear(order('D', 'exit'));
    expect(said).toEqual([]);
    hear(body);
    look(400);
    expect(said).toEqual([]);
    hear({ ...GOES_ON, positionId });
    expect(said).toEqual([`${positionId} is closed on and nobody asks for it any more`]);
  });

  it('is asked for no more once it was gone, after a restart too', () => {
    const { oracle, said, hear, order, gone, positionId } = watching();
    const asked = order('C', 'close');
    hear(asked);
    gone();
    hear({ ...GOES_ON, positionId });
    const at = { market: session.open, wall: session.open };
    oracle.onCrash([{ version: 1, seq: 1, session: session.date, at, body: asked }]);
    hear({ ...GOES_ON, positionId });
    const violation = `${positionId} is closed on and nobody asks for it any more`;
    expect(said).toEqual([violation, violation]);
  });

  it.each([
    [16, 0],
    [17, 1],
  ])(
    'that ends %i seconds after its call-back was refused is reported %i times',
    (seconds, times) => {
      const { said, hear, look, order, positionId } = watching();
      hear(order('C', 'close'));
      hear({ kind: 'cancelRequested', intentId: 'C', principal: 'engine' });
      const refused = { kind: 'cancelRejected', intentId: 'C', reason: 'too often' } as const;
      hear({ kind: 'brokerEvent', event: refused });
      look(seconds);
      hear({ kind: 'brokerEvent', event: { kind: 'cancelled', intentId: 'C', remaining: 1 } });
      hear({ ...GOES_ON, positionId });
      expect(said).toHaveLength(times);
    },
  );

  it('that ends behind a refused limit is called off, although its call-back was refused long ago', () => {
    const { said, hear, look, order, positionId } = watching();
    const refused = { kind: 'cancelRejected', intentId: 'C', reason: 'too often' } as const;
    hear(order('C', 'close'));
    hear({ kind: 'cancelRequested', intentId: 'C', principal: 'engine' });
    hear({ kind: 'brokerEvent', event: refused });
    look(60);
    hear({ kind: 'brokerEvent', event: refused });
    hear({ kind: 'brokerEvent', event: { kind: 'cancelled', intentId: 'C', remaining: 1 } });
    hear({ ...GOES_ON, positionId });
    expect(said).toHaveLength(1);
  });

  it('that the engine called back is still asked for where its end is told again behind a late refusal', () => {
    const { said, hear, look, order, positionId } = watching();
    const cancelled = { kind: 'cancelled', intentId: 'C', remaining: 1 } as const;
    hear(order('C', 'close'));
    hear({ kind: 'cancelRequested', intentId: 'C', principal: 'engine' });
    hear({ kind: 'brokerEvent', event: cancelled });
    hear({
      kind: 'brokerEvent',
      event: { kind: 'cancelRejected', intentId: 'C', reason: 'no answer in time' },
    });
    look(60);
    hear({ kind: 'brokerEvent', event: cancelled });
    hear({ ...GOES_ON, positionId });
    expect(said).toEqual([]);
    const reason = 'it is listed as working';
    hear({
      kind: 'brokerEvent',
      event: { kind: 'reopened', intentId: 'C', brokerOrderId: 'b-1', reason },
    });
    hear({ kind: 'brokerEvent', event: cancelled });
    hear({ ...GOES_ON, positionId });
    expect(said).toHaveLength(1);
  });

  it('that the engine called back is still asked for, after a restart too', () => {
    const { oracle, said, hear, order, positionId } = watching();
    const kept = (body: AuditBody): AuditRecord => {
      const at = { market: session.open, wall: session.open };
      return { version: 1, seq: 1, session: session.date, at, body };
    };
    const cancelled = { kind: 'cancelled', intentId: 'C', remaining: 1 } as const;
    oracle.onCrash([
      kept(order('C', 'close')),
      kept({ kind: 'cancelRequested', intentId: 'C', principal: 'engine' }),
      kept({ kind: 'brokerEvent', event: cancelled }),
    ]);
    hear({ ...GOES_ON, positionId });
    expect(said).toEqual([]);
  });
});
