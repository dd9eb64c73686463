import { describe, expect, it } from 'vitest';
import type { OrderSearch } from '../../../src/broker/order-gateway.ts';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { beginSearch, isProvenAbsent } from '../../../src/desk/orders/outcome-search.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import { addMicros, epochMicros } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, denialIn } from '../../support/desk-rig.ts';

/** The broker's stream is live. */
function connect(rig: DeskRig): void {
  rig.brokerSays({ kind: 'connection', connected: true, detail: 'the stream is live' });
}

/** A broker that answers searches as the test says, and nothing else about the order; its stream is live unless
 * told otherwise. */
function unknownRig(isConnected = true): { rig: DeskRig; intentId: string; asked: number[] } {
  const rig = new DeskRig({
    brokerName: 'tastytrade',
    knobs: { leastLatencyMillis: 9e6, mostLatencyMillis: 9e6 },
  });
  if (isConnected) connect(rig);
  const asked: number[] = [];
  const started = rig.at.wall;
  rig.gateway.answerSearch = (_intentId, at) => {
    asked.push(Math.round((at.wall - started) / 1_000_000));
    return undefined;
  };
  rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
  const intentId = rig.submitted[0] ?? '';
  rig.brokerSays({ kind: 'unknown', intentId, reason: 'timed out' });
  return { rig, intentId, asked };
}

const absent = (rig: DeskRig): OrderSearch => ({
  outcome: 'absent',
  takenAt: rig.at,
  evidence: '17 orders read',
});

describe('an UNKNOWN outcome', () => {
  it('is looked for at the broker after 1, 3 and 10 seconds, then every ten', () => {
    const { rig, asked } = unknownRig();
    rig.advance(31);
    expect(asked).toEqual([1, 3, 10, 20, 30]);
    expect(rig.submitted).toHaveLength(1);
  });

  it('ends with the order that is found', () => {
    const { rig, intentId } = unknownRig();
    rig.gateway.answerSearch = () => [
      { kind: 'accepted', intentId, brokerOrderId: 'T-1' },
      {
        kind: 'searched',
        intentId,
        search: { outcome: 'found', standing: 'working', evidence: 'T-1' },
      },
    ];
    rig.advance(1);
    expect(rig.order(intentId)).toMatchObject({ status: 'working', brokerOrderId: 'T-1' });
    expect(rig.order(intentId).search).toBeUndefined();
  });

  it('that ends with a close which works is walked to the market, though the record of its send was lost', () => {
    const rig = new DeskRig({ brokerName: 'tastytrade' });
    const { positionId } = rig.openPosition();
    rig.size = 0;
    rig.quotes();
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    const close = rig.orders().at(-1)!;
    const { intentId } = close.intent;
    const again = rig.restart(rig.records().filter(({ seq }) => seq <= close.intentSeq));
    again.gateway.answerSearch = () => {
      const search = { outcome: 'found', standing: 'working', evidence: 'T-1' } as const;
      return [
        { kind: 'accepted', intentId, brokerOrderId: 'T-1' },
        { kind: 'searched', intentId, search },
      ];
    };
    again.size = 0;
    again.advance(2);
    expect(again.order(intentId).status).toBe('working');
    again.quotes(603);
    again.advance(10);
    const moved = again.bodies('repriced').filter((body) => body.intentId === intentId);
    expect(moved.length).toBeGreaterThan(0);
  });

  it('ends with a definitive refusal', () => {
    const { rig, intentId } = unknownRig();
    rig.brokerSays({ kind: 'rejected', intentId, reason: '422' });
    expect(rig.order(intentId).status).toBe('rejected');
    expect(rig.bodies('orderResolved')).toHaveLength(1);
  });

  it('ends by absence only when a complete history lacks it twice after the settle window', () => {
    const { rig, intentId } = unknownRig();
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(rig) }];
    rig.advance(19);
    expect(rig.order(intentId).status).toBe('unknown');
    rig.advance(2);
    expect(rig.order(intentId).status).toBe('absentPresumed');
    expect(rig.bodies('orderResolved')).toMatchObject([{ intentId, outcome: 'absentPresumed' }]);
    expect(rig.alerts()).toContain('ORDER_ABSENT');
  });

  it('does not end by a history that could not be read whole', () => {
    const { rig, intentId } = unknownRig();
    const search = { outcome: 'incomplete', evidence: '502 on page 2' } as const;
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search }];
    rig.advance(120);
    expect(rig.order(intentId).status).toBe('unknown');
  });

  it('does not end by the silence of a stream that was down in between', () => {
    const { rig, intentId } = unknownRig();
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(rig) }];
    rig.advance(15);
    rig.brokerSays({ kind: 'connection', connected: false, detail: 'gone' });
    rig.advance(10);
    rig.brokerSays({ kind: 'connection', connected: true, detail: 'back' });
    rig.advance(16);
    expect(rig.order(intentId).status).toBe('unknown');
    rig.advance(10);
    expect(rig.order(intentId).status).toBe('absentPresumed');
  });

  it('does not end by the silence of a stream that has not connected yet, nor of one that did since', () => {
    const { rig, intentId } = unknownRig(false);
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(rig) }];
    rig.advance(60);
    expect(rig.order(intentId).status).toBe('unknown');
    connect(rig);
    rig.advance(19);
    expect(rig.order(intentId).status).toBe('unknown');
    rig.advance(10);
    expect(rig.order(intentId).status).toBe('absentPresumed');
  });

  it('does not end by a stream that blinked between its two histories: the proof begins anew', () => {
    const { rig, intentId } = unknownRig();
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(rig) }];
    rig.advance(12);
    rig.brokerSays({ kind: 'connection', connected: false, detail: 'gone' });
    rig.advance(1);
    rig.brokerSays({ kind: 'connection', connected: true, detail: 'back' });
    rig.advance(9);
    expect(rig.order(intentId).status).toBe('unknown');
    rig.advance(20);
    expect(rig.order(intentId).status).toBe('absentPresumed');
  });

  it('counts in full until it ends, and the human may then make a new preview', () => {
    const { rig, intentId } = unknownRig();
    const used = () =>
      rig
        .query<RiskCheckView>({ kind: 'riskCheck' })
        .limits.find(({ name }) => name === 'MAX_OPEN_RISK')?.used;
    const ask = () =>
      rig.ask({
        kind: 'previewStrategy',
        request: { ...CONDOR, width: 4 },
        tokenSha256: rig.newToken(),
      });
    expect(used()).toBeGreaterThan(0);
    expect(denialIn(ask()).code).toBe('unknown_order_open');
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(rig) }];
    rig.advance(21);
    expect(used()).toBe(0);
    expect('value' in ask()).toBe(true);
    expect(rig.submitted).toHaveLength(1);
  });

  it('presumed absent stays so over a restart, and is never sent again', () => {
    const { rig, intentId } = unknownRig();
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(rig) }];
    rig.advance(21);
    const again = rig.restart();
    again.advance(5);
    expect(again.order(intentId).status).toBe('absentPresumed');
    expect(again.submitted).toEqual([]);
  });

  it('presumed absent gives way to evidence, and that is paged', () => {
    const { rig, intentId } = unknownRig();
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(rig) }];
    rig.advance(21);
    rig.brokerSays({ kind: 'accepted', intentId, brokerOrderId: 'T-9' });
    expect(rig.order(intentId).status).toBe('working');
    expect(rig.alerts()).toContain('ORDER_APPEARED');
  });

  it('after a restart is paged again, and searched from the beginning', () => {
    const { rig, intentId } = unknownRig();
    rig.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(rig) }];
    rig.advance(11);
    const again = rig.restart();
    connect(again);
    expect(again.alerts()).toContain('ORDER_UNKNOWN');
    again.gateway.answerSearch = () => [{ kind: 'searched', intentId, search: absent(again) }];
    again.advance(11);
    expect(again.order(intentId).status).toBe('unknown');
    again.advance(10);
    expect(again.order(intentId).status).toBe('absentPresumed');
  });
});

describe('the proof of absence', () => {
  const at = (seconds: number): At => {
    const wall = addMicros(epochMicros(1_000_000_000_000), seconds * 1_000_000);
    return { market: wall, wall };
  };
  const lacking = (seconds: number) =>
    ({ outcome: 'absent', takenAt: at(seconds), evidence: '' }) as const;

  it('takes both histories at the edge of their windows, and neither a moment before', () => {
    const cases: readonly (readonly [first: number, second: number, proven: boolean])[] = [
      [10, 15, true],
      [9.999, 15, false],
      [10, 14.999, false],
      [10, 10, false],
    ];
    for (const [first, second, proven] of cases) {
      const search = beginSearch(at(0));
      expect(isProvenAbsent(search, lacking(first), at(-5))).toBe(false);
      expect(isProvenAbsent(search, lacking(second), at(-5))).toBe(proven);
    }
  });

  it('forgets what it has seen while the stream is down', () => {
    const search = beginSearch(at(0));
    isProvenAbsent(search, lacking(11), at(-5));
    expect(isProvenAbsent(search, lacking(17), undefined)).toBe(false);
    expect(isProvenAbsent(search, lacking(18), at(-5))).toBe(false);
  });
});
