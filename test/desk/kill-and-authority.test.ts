import { describe, expect, it } from 'vitest';
import { holdTrading } from '../../src/desk/account/governing.ts';
import type { Caller, KillView } from '../../src/desk/engine-api.ts';
import type { Command } from '../../src/desk/inputs.ts';
import type { Authority } from '../../src/engine/domain/client-rights.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, TRADER, valueIn } from '../support/desk-rig.ts';

const KILL: Command = { kind: 'kill', reason: 'enough' };

function callerWith(authority: Authority): Caller {
  return { principal: 'someone', authority };
}

describe('the kill switch', () => {
  it('cancels what opens, once, and tells which', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    const view = valueIn(rig.ask<KillView>(KILL));
    expect(view).toMatchObject({ killed: true, reason: 'enough', cancelledOrders: [orderId] });
    rig.ask(KILL);
    rig.advance(1);
    expect(rig.order(orderId ?? '').status).toBe('cancelled');
    expect(rig.bodies('cancelRequested')).toHaveLength(1);
    expect(rig.bodies('killEngaged')).toEqual([
      { kind: 'killEngaged', principal: 'trader', reason: 'enough' },
    ]);
    expect(rig.alerts()).toContain('KILL_ENGAGED');
  });

  it('says of no opening that it is cancelled before the broker did', () => {
    const rig = new DeskRig({ knobs: { leastLatencyMillis: 9e6, mostLatencyMillis: 9e6 } });
    rig.gateway.answerSearch = () => undefined;
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    const intentId = rig.submitted[0] ?? '';
    rig.brokerSays({ kind: 'unknown', intentId, reason: 'timed out' });
    for (const { note } of [valueIn(rig.ask<KillView>(KILL)), valueIn(rig.ask<KillView>(KILL))]) {
      expect(note).toContain(`Cancel asked for of what opens: ${intentId} (unknown)`);
      expect(note).toContain('may still fill');
    }
    const idle = valueIn(new DeskRig().ask<KillView>(KILL));
    expect(idle.note).toContain('No opening order was at work.');
  });

  it('kills an opening that waits for the journal: nothing is sent', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    const id = rig.send(KILL);
    rig.makeDurable();
    const { note } = valueIn(rig.reply<KillView>(id)!);
    expect(note).toMatch(/of what opens: \S+ \(denied\)\. No order/);
    expect(rig.submitted).toEqual([]);
    expect(rig.orders()[0]?.status).toBe('denied');
  });

  it('stops an opening at the socket where only the kill word is up yet', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.isKillWordUp = true;
    const result = valueIn(rig.confirm(tokenSha256));
    expect(result.status).toBe('denied');
    expect(result.orders[0]?.reason).toContain('blocked by the kill switch');
    expect(rig.submitted).toEqual([]);
    expect(rig.bodies('sendBlocked')).toHaveLength(1);
    expect(rig.bodies('orderSent')).toEqual([]);
  });

  it('stops a new limit of a working opening at the socket, and calls the opening back', () => {
    const rig = new DeskRig();
    rig.size = 0;
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    const order = rig.order(orderId ?? '');
    const moved = rig.repriced.length;
    rig.isKillWordUp = true;
    rig.advance(8);
    expect(rig.day.killed).toBe(false);
    expect(rig.repriced).toHaveLength(moved);
    expect([order.limit, order.status]).toEqual([order.brokerLimit, 'cancelled']);
    expect(order.reason).toBe('blocked by the kill switch');
    expect(rig.bodies('repriced').at(-1)?.reason).toBe('blocked by the kill switch');
  });

  it('lets a close walk to the market while the kill word is up', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.size = 0;
    rig.quotes();
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    rig.isKillWordUp = true;
    rig.advance(20);
    expect(rig.repriced.length).toBeGreaterThan(0);
  });

  it('takes clearance of a new limit for nothing once the opening has ended', () => {
    const rig = new DeskRig();
    const { intent } = rig.execute(rig.preview());
    const { intentId } = intent;
    const moved = rig.repriced.length;
    for (const kind of ['cleared', 'blockedByKill'] as const) {
      rig.step({ kind, at: rig.at, intentId, act: 'reprice' });
    }
    expect(rig.repriced).toHaveLength(moved);
    expect(rig.bodies('cancelRequested')).toEqual([]);
  });

  it('refuses previews and confirms of openings, by name', () => {
    const rig = new DeskRig();
    const before = rig.preview();
    rig.ask(KILL);
    expect(denialIn(rig.confirm(before.tokenSha256)).code).toBe('killed');
    const command = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    expect(denialIn(rig.ask(command)).code).toBe('killed');
  });

  it('lets closes pass', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.isKillWordUp = true;
    rig.ask(KILL);
    expect(rig.execute(rig.previewClose(positionId)).status).toBe('filled');
    expect(rig.positions()).toEqual([]);
  });

  it('lets the exits of the engine pass', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.isKillWordUp = true;
    rig.ask(KILL);
    rig.goTo(15 * 60 + 40);
    rig.advance(5);
    expect(rig.bodies('exitTriggered')[0]?.reason).toBe('flatBy');
    expect(rig.positions()).toEqual([]);
  });

  it('pages of a latch that is not on disk while it stands, in its own incident', () => {
    const rig = new DeskRig();
    const missing = { kind: 'latchMissing', fault: 'ENOSPC' } as const;
    valueIn(rig.ask(missing));
    expect(rig.alerts()).toEqual([]);
    rig.ask(KILL);
    valueIn(rig.ask(missing));
    expect(rig.day.killed).toBe(true);
    const told = rig.bodies('alert').filter(({ code }) => code === 'KILL_ENGAGED');
    expect(told.map(({ severity, subject }) => [severity, subject])).toEqual([
      ['critical', undefined],
      ['critical', undefined],
    ]);
    expect(told.at(-1)?.text).toContain('not on disk (ENOSPC)');
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(rig.bodies('alert').at(-1)).toMatchObject({ code: 'KILL_ENGAGED', action: 'resolve' });
    const count = rig.alerts().length;
    valueIn(rig.ask<KillView>(missing));
    expect([rig.alerts().length, rig.day.killed]).toEqual([count, false]);
  });

  it('is released at the console alone', () => {
    const rig = new DeskRig();
    rig.ask(KILL);
    for (const authority of ['observe', 'reduce', 'open'] as const) {
      const refusal = denialIn(rig.ask({ kind: 'rearm' }, callerWith(authority)));
      expect(refusal.code).toBe('not_authorized');
      expect(refusal.message).toContain('deltaring rearm');
    }
    expect(rig.day.killed).toBe(true);
    const view = valueIn(rig.ask<KillView>({ kind: 'rearm' }, CONSOLE));
    expect(view).toMatchObject({ killed: false, since: null, reason: null });
    expect(rig.bodies('killReleased')).toHaveLength(1);
    expect(rig.execute(rig.preview()).status).toBe('filled');
  });

  it('says what else holds trading down where it is released', () => {
    const rig = new DeskRig();
    rig.ask(KILL);
    holdTrading(rig.desk.context, 'dailyLoss', true);
    const view = valueIn(rig.ask<KillView>({ kind: 'rearm' }, CONSOLE));
    expect(view.killed).toBe(false);
    expect(view.note).toContain(
      'nothing opens: trading is still halted: dailyLoss (until the next',
    );
    const armed = valueIn(new DeskRig().ask<KillView>({ kind: 'rearm' }, CONSOLE));
    expect(armed.note).toBe('Armed: orders may pass the risk gate.');
  });

  it('is released once: a second rearm records nothing', () => {
    const rig = new DeskRig();
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(rig.bodies('killReleased')).toEqual([]);
  });
});

describe('authority', () => {
  const tokenSha256 = 'a'.repeat(64);
  const needs: readonly (readonly [Command, Authority])[] = [
    [{ kind: 'previewStrategy', request: CONDOR, tokenSha256 }, 'observe'],
    [KILL, 'observe'],
    [{ kind: 'latchMissing', fault: 'EIO' }, 'observe'],
    [{ kind: 'reconcile' }, 'observe'],
    [{ kind: 'confirm', tokenSha256 }, 'reduce'],
    [{ kind: 'previewClose', target: 'x', quantity: undefined, tokenSha256 }, 'reduce'],
    [{ kind: 'previewFlatten', tokenSha256 }, 'reduce'],
    [{ kind: 'cancel', orderId: 'x', tokenSha256 }, 'reduce'],
    [{ kind: 'rearm' }, 'console'],
    [{ kind: 'flattenNow' }, 'console'],
    [{ kind: 'shutdown', policy: 'leave' }, 'console'],
  ];
  const ladder: readonly Authority[] = ['observe', 'reduce', 'open', 'console'];

  it.each(needs)('for $kind is exactly %s', (command, needed) => {
    const passes = ladder.filter((authority) => {
      const rig = new DeskRig();
      const id = rig.send(command, callerWith(authority));
      const reply = rig.reply<unknown>(id);
      return reply === undefined || 'value' in reply || reply.denied.code !== 'not_authorized';
    });
    expect(passes).toEqual(ladder.slice(ladder.indexOf(needed)));
  });

  it('to reduce lets a preview of an opening be seen, not confirmed', () => {
    const rig = new DeskRig();
    const reducer = callerWith('reduce');
    const preview = rig.preview(CONDOR, reducer);
    const refusal = denialIn(rig.confirm(preview.tokenSha256, reducer));
    expect(refusal.code).toBe('not_authorized');
    expect(refusal.numbers).toEqual({ has: 'reduce', needs: 'open' });
    expect(rig.submitted).toEqual([]);
    const opener = callerWith('open');
    expect(valueIn(rig.confirm(preview.tokenSha256, opener)).orderId).not.toBeNull();
  });

  it('to reduce is enough to confirm a close', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const reducer = { ...TRADER, authority: 'reduce' } as const;
    const close = rig.previewClose(positionId, undefined, reducer);
    const { orderId } = valueIn(rig.confirm(close.tokenSha256, reducer));
    expect(rig.ended(orderId ?? '').status).toBe('filled');
  });
});
