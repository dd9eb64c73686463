import { describe, expect, it } from 'vitest';
import { ProtectionOracle } from '../../../src/desk/simulation/protection-oracle.ts';
import { breakoutRig, openBreakout } from '../../support/breakout-rig.ts';

/** A protected call, an oracle that heard of its stop, and what it reports. */
function watching() {
  const rig = breakoutRig({ exits: { paperNativeStops: true } });
  openBreakout(rig);
  rig.advance(2);
  const { intent } = rig.orders().find((order) => order.intent.purpose === 'protective')!;
  const said: string[] = [];
  const oracle = new ProtectionOracle((what) => said.push(what));
  const look = (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      rig.freeze(1);
      oracle.afterStep(rig.desk.context);
    }
  };
  return { rig, intent, oracle, said, look };
}

describe('a stop at the broker', () => {
  it('for what is held is nothing to report', () => {
    const { oracle, said, look, intent } = watching();
    oracle.onSubmit(intent);
    look(90);
    expect(said).toEqual([]);
  });

  it('is reported beside another of its position, unless that has ended', () => {
    const { oracle, said, intent } = watching();
    oracle.onSubmit(intent);
    oracle.onEvent({ kind: 'cancelled', intentId: intent.intentId, remaining: 1 });
    oracle.onSubmit({ ...intent, intentId: 'second' });
    expect(said).toEqual([]);
    oracle.onSubmit({ ...intent, intentId: 'third' });
    expect(said[0]).toContain('beside second');
  });

  it('is reported once where it has covered more than is held for a minute', () => {
    const { oracle, said, look, intent } = watching();
    oracle.onSubmit({ ...intent, quantity: 2 });
    look(60);
    expect(said).toEqual([]);
    look(20);
    expect(said).toEqual([`${intent.intentId} would sell 2 at the broker where 1 are held`]);
  });

  it('is not reported where somebody was told that the broker does not let go of it', () => {
    const { rig, oracle, said, look, intent } = watching();
    oracle.onSubmit({ ...intent, quantity: 2 });
    rig.desk.context.out.alert('critical', 'STOP_NOT_RELEASED', 'stuck', intent.positionId);
    rig.freeze(1);
    oracle.onRecord(rig.records().findLast(({ body }) => body.kind === 'alert')!);
    look(80);
    expect(said).toEqual([]);
  });

  it('is forgotten by a broker that died with the engine and knew nothing of it', () => {
    const { oracle, said, intent } = watching();
    oracle.onSubmit(intent);
    oracle.onCrash(new Set());
    oracle.onSubmit({ ...intent, intentId: 'second' });
    expect(said).toEqual([]);
  });
});
