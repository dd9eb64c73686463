import { describe, expect, it } from 'vitest';
import type { Caller, ConfirmResult, TradeCard } from '../../../src/desk/engine-api.ts';
import { PreviewShelf } from '../../../src/desk/previews/preview-shelf.ts';
import { addMicros, cents } from '../../../src/engine/domain/units.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import { CONDOR, DeskRig, denialIn, TRADER, valueIn } from '../../support/desk-rig.ts';

const STRANGER: Caller = { principal: 'stranger', authority: 'console' };

describe('a confirm token', () => {
  it('stands in the journal as a hash, bound to the exact order', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    const [made] = rig.bodies('previewMade');
    expect(made).toMatchObject({ tokenSha256, previewId: card.previewId, principal: 'trader' });
    expect(made?.expiresAtWall).toBe(rig.at.wall + 30_000_000);
    rig.confirm(tokenSha256);
    const [recorded] = rig.bodies('intentRecorded');
    expect(recorded).toMatchObject({ tokenSha256, orderHash: made?.orderHash });
    expect(recorded?.intent).toEqual(made?.intent);
  });

  it('answers a retry with the first result, pending while that is, and sends nothing more', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    const first = rig.send({ kind: 'confirm', tokenSha256 });
    const second = rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(2);
    const [a, b] = [first, second].map((id) => valueIn(rig.reply<ConfirmResult>(id)!));
    expect([a?.orderId, a?.status, a?.replayed]).toEqual([b?.orderId, 'working', false]);
    expect([b?.status, b?.replayed]).toEqual(['working', true]);
    rig.ended(a?.orderId ?? '');
    const third = valueIn(rig.confirm(tokenSha256));
    expect([third.orderId, third.status, third.replayed]).toEqual([a?.orderId, 'filled', true]);
    expect(rig.submitted).toHaveLength(1);
  });

  it('redeems in the last microsecond of its life and not one later', () => {
    const life = 30_000_000;
    for (const [late, isTaken] of [
      [-1, true],
      [0, false],
    ] as const) {
      const rig = new DeskRig();
      const { tokenSha256 } = rig.preview();
      rig.advance(29);
      const { market, wall } = rig.at;
      const at = { market, wall: addMicros(wall, life - 29_000_000 + late) };
      const command = { kind: 'confirm', tokenSha256 } as const;
      rig.step({ kind: 'command', at, id: 900, caller: TRADER, command });
      if (isTaken) expect(rig.orders()).toHaveLength(1);
      else expect(denialIn(rig.reply(900)!).code).toBe('token_expired');
    }
  });

  it('says how long it lives on, whenever its card is asked for', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    const left = () =>
      rig.query<TradeCard>({ kind: 'describeToken', tokenSha256 }).expiresInSeconds;
    expect([card.expiresInSeconds, left()]).toEqual([30, 30]);
    rig.advance(21);
    expect(left()).toBe(9);
    rig.advance(8);
    expect(left()).toBe(1);
  });

  it('of a close is redeemed though a leg of it has lost its market since', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const { tokenSha256, card } = rig.previewClose(positionId);
    const wing = card.legs.find(
      ({ action, right }) => action === 'Sell to Close' && right === 'put',
    );
    rig.edit = (sides, right, strike) =>
      right === wing?.right && strike === wing.strike ? { bid: undefined, ask: 0.05 } : sides;
    rig.quotes();
    const { orderId } = valueIn(rig.confirm(tokenSha256));
    expect(rig.submitted).toContain(orderId);
    rig.advance(30);
    expect(rig.positions().flatMap(({ legs }) => legs)).toMatchObject([
      { instrument: { right: 'put', strike: (wing?.strike ?? 0) * 10_000 }, quantity: 1 },
    ]);
  });

  it('tells a stranger no more than an unknown one tells anybody', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    const foreign = rig.confirm(tokenSha256, STRANGER);
    const unknown = rig.confirm(rig.newToken());
    expect(foreign).toEqual(unknown);
    expect(denialIn(unknown)).toEqual({
      code: 'token_invalid',
      message: 'no such confirm token; make a new preview and confirm its token',
      numbers: {},
    });
    rig.execute({ tokenSha256, card: {} as TradeCard });
    expect(rig.confirm(tokenSha256, STRANGER)).toEqual(unknown);
    expect(rig.bodies('confirmRefused')).toHaveLength(3);
  });

  it('shows its preview to its own principal alone, and to nobody once it is over', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    const query = { kind: 'describeToken', tokenSha256 } as const;
    expect(rig.query<TradeCard>(query)).toEqual(card);
    const foreign = rig.desk.query(query, STRANGER, rig.at);
    expect(foreign).toMatchObject({ denied: { code: 'token_invalid' } });
    rig.advance(31);
    const late = rig.desk.query(query, TRADER, rig.at);
    expect(late).toMatchObject({ denied: { code: 'token_expired' } });
  });

  it('is refused with the reason, and the checks only where the gate was asked', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    const caller = { principal: 'trader', authority: 'reduce' } as const;
    expect(denialIn(rig.confirm(tokenSha256, caller))).toEqual({
      code: 'not_authorized',
      message: 'this caller may only reduce positions',
      numbers: { has: 'reduce', needs: 'open' },
    });
    rig.confirm(rig.newToken());
    rig.ask({ kind: 'kill', reason: 'enough' });
    expect(denialIn(rig.confirm(tokenSha256)).code).toBe('killed');
    const asked = rig.bodies('confirmRefused').map(({ checks }) => checks.length);
    expect(asked).toEqual([0, 0, CHECKS.length]);
  });

  it('of an opening walks by the ladder of entries, and of a close by that of exits', () => {
    const rig = new DeskRig({ exits: { entryLadder: 'urgent', exitLadder: 'patient' } });
    const position = rig.openPosition();
    const close = rig.previewClose(position.positionId);
    rig.size = 0;
    rig.quotes();
    const { orderId } = valueIn(rig.confirm(close.tokenSha256));
    expect(rig.orders().map(({ urgency }) => urgency)).toEqual(['urgent', 'patient']);
    expect(rig.order(orderId ?? '').intent.purpose).toBe('close');
    expect(rig.day.breakoutsTaken).toEqual([]);
  });

  it('of a close whose position changed is refused by the name of that', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const first = rig.previewClose(positionId);
    rig.execute(rig.previewClose(positionId));
    expect(denialIn(rig.confirm(first.tokenSha256))).toEqual({
      code: 'nothing_to_close',
      message: 'the position changed since this preview; preview the close again',
      numbers: { positionId },
    });
  });

  it('that opens once too often within ten minutes holds trading down at once', () => {
    const limits = { maxRepeats: 2, duplicateWindowMillis: 0 };
    const rig = new DeskRig({ limits });
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    expect(rig.day.status.causes).toEqual([]);
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    expect(rig.day.status.causes).toEqual(['repeatedExecution']);
  });

  it('is unknown once the session has ended', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 30 });
    const preview = rig.preview();
    rig.execute(preview);
    rig.goTo(16 * 60 + 15);
    expect(denialIn(rig.confirm(preview.tokenSha256)).code).toBe('token_invalid');
  });
});

describe('drift between preview and confirm', () => {
  it('refuses a price that went against the order, with the numbers', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.atmVol = 0.12;
    rig.quotes();
    const { code, numbers } = denialIn(rig.confirm(tokenSha256));
    expect(code).toBe('reprice_required');
    expect(numbers['previewedPrice']).toBe(1.315);
    const adverse = Number(numbers['previewedPrice']) - Number(numbers['livePrice']);
    expect(numbers['adversePrice']).toBeCloseTo(adverse, 9);
    expect(numbers['tolerancePrice']).toBe(0.1315);
    expect(rig.orders()).toEqual([]);
  });

  it('refuses a short leg that moved toward the money by more than its points', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    rig.quotes(600.6);
    const { code, numbers } = denialIn(rig.confirm(tokenSha256));
    expect(code).toBe('reprice_required');
    expect(numbers).toMatchObject({ symbol: card.legs[2]?.symbol, tolerancePoints: 8 });
    expect(Number(numbers['adversePoints'])).toBeGreaterThan(8);
  });

  it('leaves the token alive: a market that comes back takes it', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.quotes(600.6);
    denialIn(rig.confirm(tokenSha256));
    rig.quotes(600);
    expect(valueIn(rig.confirm(tokenSha256)).replayed).toBe(false);
  });

  it('lets a better price pass, and takes it', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    rig.atmVol = 0.19;
    rig.quotes();
    rig.send({ kind: 'confirm', tokenSha256 });
    const [order] = rig.orders();
    expect(rig.submitted).toHaveLength(1);
    expect(order?.limit).toBeGreaterThan(card.limitPrice * 10_000);
    expect(order?.intent.worst).toBe(card.worstPrice * 10_000);
  });

  it('refuses when a leg has lost its market', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    rig.edit = (sides, right, strike) =>
      right === 'put' && strike === 599 ? { bid: undefined, ask: sides.ask } : sides;
    rig.quotes();
    const { code, numbers } = denialIn(rig.confirm(tokenSha256));
    expect([code, numbers['symbol']]).toEqual(['leg_market_missing', card.legs[1]?.symbol]);
  });
});

describe('two confirms in a race', () => {
  it('let one win where both together break a cap', () => {
    const rig = new DeskRig({ limits: { maxOpenRiskCents: cents(60_000) } });
    const [a, b] = [rig.preview(), rig.preview({ ...CONDOR, width: 4 })];
    const first = rig.send({ kind: 'confirm', tokenSha256: a.tokenSha256 });
    const second = rig.send({ kind: 'confirm', tokenSha256: b.tokenSha256 });
    const { code, numbers } = denialIn(rig.reply(second)!);
    expect(code).toBe('open_risk');
    expect(numbers['totalCents']).toBe(a.card.maxLossCents + b.card.maxLossCents);
    rig.advance(2);
    expect(valueIn(rig.reply<ConfirmResult>(first)!).orderId).toBe(rig.submitted[0]);
    expect(rig.submitted).toHaveLength(1);
  });

  it('let both win where both together just fit', () => {
    const probe = new DeskRig();
    const sum = probe.preview().card.maxLossCents;
    const more = probe.preview({ ...CONDOR, width: 4 }).card.maxLossCents;
    for (const [cap, sent] of [
      [sum + more, 2],
      [sum + more - 1, 1],
    ] as const) {
      const rig = new DeskRig({ limits: { maxOpenRiskCents: cents(cap) } });
      const previews = [rig.preview(), rig.preview({ ...CONDOR, width: 4 })];
      for (const { tokenSha256 } of previews) rig.send({ kind: 'confirm', tokenSha256 });
      expect(rig.submitted).toHaveLength(sent);
    }
  });

  it('let the second of two equal orders fall to the duplicate check', () => {
    const rig = new DeskRig();
    const previews = [rig.preview(), rig.preview()];
    const ids = previews.map(({ tokenSha256 }) => rig.send({ kind: 'confirm', tokenSha256 }));
    expect(denialIn(rig.reply(ids[1]!)!).code).toBe('duplicate_order');
    expect(rig.submitted).toHaveLength(1);
  });
});

describe('the shelf of previews', () => {
  it('gives out ids in order and never one that was seen', () => {
    const shelf = new PreviewShelf();
    expect(shelf.nextId('2026-11-20')).toBe('p20261120-000001');
    shelf.seen('p20261119-000041');
    shelf.seen('nonsense');
    expect(shelf.nextId('2026-11-20')).toBe('p20261120-000042');
  });

  it('keeps the newest cards only', () => {
    const shelf = new PreviewShelf();
    const card = {} as TradeCard;
    for (let n = 0; n < 2_049; n += 1) shelf.put(`t${n}`, card);
    expect([shelf.get('t0'), shelf.get('t1'), shelf.get('t2048')]).toEqual([undefined, card, card]);
    shelf.clear();
    expect(shelf.get('t2048')).toBeUndefined();
  });
});
