import { describe, expect, it } from 'vitest';
import type { ConfirmResult } from '../../../src/desk/engine-api.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, DeskRig, LOTTO, valueIn } from '../../support/desk-rig.ts';

const WIDE = {
  maxDailyLossCents: centsFromDollars(9_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};

function flattenNow(rig: DeskRig) {
  type Flattened = ConfirmResult & { unclosed: { positionId: string; reason: string }[] };
  return valueIn(rig.ask<Flattened>({ kind: 'flattenNow' }, CONSOLE));
}

/** Previews a flatten and confirms it. */
function flatten(rig: DeskRig): ConfirmResult {
  const tokenSha256 = rig.newToken();
  rig.ask({ kind: 'previewFlatten', tokenSha256 });
  return valueIn(rig.confirm(tokenSha256));
}

/** Three condors are wanted, one has filled, two still work. */
function partlyFilled(): DeskRig {
  const rig = new DeskRig({ limits: WIDE });
  const { tokenSha256 } = rig.preview({ ...CONDOR, quantity: 3 });
  rig.size = 1;
  rig.confirm(tokenSha256);
  for (let second = 0; second < 30 && rig.positions().length === 0; second += 1) rig.advance(1);
  rig.size = 0;
  rig.quotes();
  return rig;
}

/** A flatten that was previewed, of a position that nobody quotes any more. */
function previewedAndUnquoted() {
  const rig = new DeskRig({ minutes: 14 * 60 });
  const { positionId } = rig.openPosition();
  const tokenSha256 = rig.newToken();
  rig.ask({ kind: 'previewFlatten', tokenSha256 });
  rig.edit = () => ({ bid: undefined, ask: undefined });
  rig.advance(2);
  return { rig, positionId, tokenSha256 };
}

describe('a flatten', () => {
  it('waits for the end of an opening that is called back, then closes all it filled', () => {
    const rig = partlyFilled();
    const [opening] = rig.orders();
    expect(opening?.status).toBe('working');
    const held = rig.positions()[0]?.quantity ?? 0;
    flattenNow(rig);
    expect(rig.orders()).toHaveLength(1);
    rig.size = 50;
    rig.advance(6);
    expect(opening?.status).toBe('cancelled');
    const closes = rig.orders().filter(({ intent }) => intent.purpose === 'flatten');
    expect(closes.map(({ intent }) => intent.quantity)).toEqual([held]);
    expect(rig.positions()).toEqual([]);
  });

  it('does not wait for ever on a broker that does not answer a cancel', () => {
    const rig = partlyFilled();
    rig.paper.setKnobs({ leastLatencyMillis: 60_000, mostLatencyMillis: 60_000 });
    flattenNow(rig);
    rig.advance(1);
    expect(rig.orders()).toHaveLength(1);
    rig.advance(2);
    expect(rig.orders().at(-1)?.intent.purpose).toBe('flatten');
  });

  it('closes what an opening filled although it was called back before it held anything', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.size = 0;
    rig.quotes();
    rig.confirm(tokenSha256);
    rig.paper.setKnobs({ leastLatencyMillis: 2_500, mostLatencyMillis: 2_500 });
    rig.advance(30);
    flattenNow(rig);
    rig.size = 50;
    rig.advance(12);
    expect(rig.orders()[0]?.status).toBe('filled');
    expect(rig.orders().at(-1)?.intent.purpose).toBe('flatten');
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
  });

  it('is not told as done while an opening that it called back may still fill', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.size = 0;
    rig.quotes();
    rig.confirm(tokenSha256);
    rig.paper.setKnobs({ leastLatencyMillis: 6_000, mostLatencyMillis: 6_000 });
    flattenNow(rig);
    rig.advance(4);
    expect(rig.orders()[0]?.status).toBe('working');
    expect(rig.alerts()).not.toContain('FLATTEN_DONE');
    rig.advance(4);
    expect(rig.orders()[0]?.status).toBe('cancelled');
    expect(rig.alerts()).toContain('FLATTEN_DONE');
  });

  it('asked for twice answers with the same orders and sends nothing twice', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.size = 0;
    rig.quotes();
    const first = flatten(rig);
    const second = flatten(rig);
    expect(first.orders).toHaveLength(1);
    expect(second.orders.map(({ orderId }) => orderId)).toEqual(
      first.orders.map(({ orderId }) => orderId),
    );
    expect(rig.submitted).toHaveLength(2);
  });

  it('answers a retry after a restart with the same orders, also those it found being closed', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.size = 0;
    rig.quotes();
    const close = rig.previewClose(positionId);
    const { orderId } = valueIn(rig.confirm(close.tokenSha256));
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 });
    const ids = ({ orders }: ConfirmResult) => orders.map((order) => order.orderId);
    expect(ids(valueIn(rig.confirm(tokenSha256)))).toEqual([orderId]);
    const again = valueIn(rig.restart().confirm(tokenSha256));
    expect(ids(again)).toEqual([orderId]);
    expect(again.replayed).toBe(true);
  });

  it('says what stays open and why where nothing can be sent, and a retry says so too', () => {
    const { rig, positionId, tokenSha256 } = previewedAndUnquoted();
    const reason = expect.stringContaining('no leg has a market to close in now');
    const left = {
      orderId: null,
      orders: [],
      status: 'incomplete',
      unclosed: [{ positionId, reason }],
    };
    expect(valueIn(rig.confirm(tokenSha256))).toMatchObject(left);
    expect(valueIn(rig.confirm(tokenSha256))).toMatchObject({ ...left, replayed: true });
    rig.edit = (sides) => sides;
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    expect(valueIn(rig.confirm(tokenSha256))).toMatchObject({ status: 'done', unclosed: [] });
  });

  it('says after a restart what it could not close', () => {
    const { rig, positionId, tokenSha256 } = previewedAndUnquoted();
    rig.confirm(tokenSha256);
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(valueIn(again.confirm(tokenSha256)).unclosed).toMatchObject([{ positionId }]);
  });

  it('names the position that the broker refuses beside the order that closes the other', () => {
    const rig = new DeskRig({ limits: WIDE });
    const refused = rig.openPosition().positionId;
    const closed = rig.openPosition({ ...CONDOR, width: 3 }).positionId;
    rig.gateway.refuse = ({ positionId, purpose }) =>
      purpose === 'flatten' && positionId === refused ? { reason: 'margin' } : undefined;
    const { orders, unclosed } = flatten(rig);
    expect(orders.map(({ positionId, status }) => [positionId, status])).toEqual([
      [refused, 'rejected'],
      [closed, 'filled'],
    ]);
    const reason = expect.stringContaining('margin');
    expect(unclosed).toEqual([{ positionId: refused, reason }]);
  });

  it('of the console names what an opening that is called back may still fill', () => {
    const rig = partlyFilled();
    const [opening] = rig.orders();
    const { positionId } = rig.positions()[0]!;
    const reason = `it waits for the end of ${opening?.intent.intentId}`;
    expect(flattenNow(rig)).toMatchObject({
      orders: [],
      status: 'incomplete',
      unclosed: [{ positionId, reason }],
    });
  });

  it('that crashed before its closes were recorded goes on after the restart', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.openPosition({ ...CONDOR, width: 3 });
    rig.size = 0;
    rig.quotes();
    flattenNow(rig);
    const cut = rig.records().findIndex(({ body }) => body.kind === 'flattenRequested');
    const again = rig.restart(rig.records().slice(0, cut + 1));
    expect(again.positions()).toHaveLength(2);
    again.advance(10);
    expect(again.positions()).toEqual([]);
    expect(again.alerts().filter((code) => code === 'FLATTEN_DONE')).toHaveLength(1);
  });

  it('that was rejected is not asked for again at once', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.paper.setKnobs({ rejectNext: 1 });
    flattenNow(rig);
    rig.advance(4);
    expect(rig.submitted).toHaveLength(2);
    rig.advance(8);
    expect(rig.submitted).toHaveLength(3);
    expect(rig.positions()).toEqual([]);
  });

  it('says which position nobody bids for, and that it is left to expire', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.quotes();
    expect(flattenNow(rig).unclosed[0]?.reason).toContain('left to expire');
    rig.advance(30);
    expect(rig.alerts().filter((code) => code === 'LEFT_TO_EXPIRE')).toHaveLength(1);
  });
});
