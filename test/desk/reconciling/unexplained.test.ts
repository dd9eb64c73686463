import { describe, expect, it } from 'vitest';
import type { AccountSnapshot } from '../../../src/broker/order-gateway.ts';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import type { ConfirmResult, TradeCard } from '../../../src/desk/engine-api.ts';
import { CONSOLE, DeskRig, denialIn, valueIn } from '../../support/desk-rig.ts';
import { CALM_KNOBS, RigBroker } from '../../support/rig-broker.ts';

const CALL = 'SPY   261120C00601000';
const NAKED = 'external-SPY261120C00601000';
const NAKED_WORDS = `${CALL}: the broker holds -2, this book 0`;

const UNHEARD = { onSubmit() {}, onReprice() {}, onEvent() {} };

type Edit = (snapshot: AccountSnapshot) => AccountSnapshot | undefined;

const withMore =
  (symbol: string, quantity: number): Edit =>
  (snapshot) => ({ ...snapshot, positions: [...snapshot.positions, { symbol, quantity }] });

/** The broker shows this from now on, for long enough to be told. */
function shows(rig: DeskRig, edit: Edit): void {
  rig.gateway.editSnapshot = edit;
  rig.advance(6);
}

/** The same desk after a restart, at a broker that shows this from its first picture on. */
function restartedAt(rig: DeskRig, edit: Edit): DeskRig {
  return rig.restart(rig.records(), {
    broker: (history) => {
      const knobs = { ...CALM_KNOBS };
      const parts = { underlying: 'SPY', accountId: 'PAPER-1', seed: 7, history, knobs } as const;
      const broker = new RigBroker(new PaperBroker(parts), UNHEARD);
      broker.editSnapshot = edit;
      return broker;
    },
  });
}

function atConsole(rig: DeskRig): ConfirmResult {
  const id = rig.send({ kind: 'flattenNow' }, CONSOLE);
  return valueIn(rig.reply<ConfirmResult>(id)!);
}

function previewFlatten(rig: DeskRig) {
  const tokenSha256 = rig.newToken();
  return { tokenSha256, reply: rig.ask<TradeCard>({ kind: 'previewFlatten', tokenSha256 }) };
}

const namesNaked = {
  status: 'incomplete',
  unclosed: [{ positionId: NAKED, reason: expect.stringContaining(NAKED_WORDS) }],
};

describe('a flatten while the broker holds what this book does not', () => {
  it('of an empty book is not called flat: it names what is held, and how it is closed', () => {
    const rig = new DeskRig();
    shows(rig, withMore(CALL, -2));
    const denial = denialIn(previewFlatten(rig).reply);
    expect(denial.message).toContain(NAKED_WORDS);
    expect(denial.message).toContain('`deltaring adopt` takes over what the broker says');
    expect(denial.message).not.toContain('flat:');
    expect(denial.numbers).toEqual({ unclosable: 1 });
    expect(atConsole(rig)).toMatchObject({ ...namesNaked, orders: [] });
    shows(rig, (same) => same);
    expect(denialIn(previewFlatten(rig).reply).message).toContain('already flat');
    expect(atConsole(rig)).toMatchObject({ status: 'done', unclosed: [] });
  });

  it('names it on its card and in its answer beside what it closes, and is told as done once it is gone', () => {
    const rig = new DeskRig();
    rig.openPosition();
    shows(rig, withMore('SPY', -200));
    const { tokenSha256, reply } = previewFlatten(rig);
    const reason = expect.stringContaining('SPY: the broker holds -200, this book 0');
    expect(valueIn(reply).warnings).toEqual([reason]);
    const unclosed = [{ positionId: 'external-SPY', reason }];
    expect(valueIn(rig.confirm(tokenSha256))).toMatchObject({ status: 'incomplete', unclosed });
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    expect(rig.alerts()).not.toContain('FLATTEN_DONE');
    shows(rig, (same) => same);
    expect(rig.alerts().filter((code) => code === 'FLATTEN_DONE')).toHaveLength(1);
    expect(valueIn(rig.confirm(tokenSha256))).toMatchObject({ status: 'filled', unclosed: [] });
  });

  it('says so after a restart too, and is told as done by the run in which it is gone', () => {
    const rig = new DeskRig();
    rig.openPosition();
    shows(rig, withMore(CALL, -2));
    atConsole(rig);
    rig.advance(5);
    const again = restartedAt(rig, withMore(CALL, -2));
    expect(atConsole(again)).toMatchObject(namesNaked);
    again.advance(6);
    expect(atConsole(again)).toMatchObject(namesNaked);
    expect(again.alerts()).not.toContain('FLATTEN_DONE');
    // Taken over it is in this book, and the next flatten closes it.
    valueIn(again.ask({ kind: 'adopt' }, CONSOLE));
    again.advance(3);
    expect(again.alerts()).toContain('FLATTEN_DONE');
    expect(atConsole(again).orders).toMatchObject([{ positionId: NAKED }]);
  });

  it('names an execution that has opened and does not stand at the broker', () => {
    const rig = new DeskRig();
    rig.openPosition();
    shows(rig, (snapshot) => ({ ...snapshot, fills: [], positions: [] }));
    const reason = expect.stringMatching(
      /does not stand at the broker; `deltaring adopt` takes over what the broker says$/,
    );
    expect(atConsole(rig).unclosed).toContainEqual({ positionId: 'account', reason });
  });

  it('names no more of them than can be read', () => {
    const rig = new DeskRig();
    const positions = Array.from({ length: 23 }, (_, n) => ({ symbol: `T${n}`, quantity: 1 }));
    shows(rig, (snapshot) => ({ ...snapshot, positions }));
    const { unclosed = [] } = atConsole(rig);
    expect(unclosed).toHaveLength(21);
    expect(unclosed.at(-1)).toMatchObject({
      positionId: 'account',
      reason: expect.stringContaining('3 more differences'),
    });
  });
});

describe('a flatten without a picture of the account', () => {
  const isUnknown = (why: string) => ({
    status: 'incomplete',
    unclosed: [{ positionId: 'account', reason: expect.stringContaining(why) }],
  });

  it('does not know that it is flat from the moment at which the stream is down', () => {
    const rig = new DeskRig();
    rig.brokerSays({ kind: 'connection', connected: false, detail: 'half open' });
    expect(denialIn(previewFlatten(rig).reply).message).toContain('half open');
    expect(atConsole(rig)).toMatchObject(isUnknown("the broker's stream is down: half open"));
    const { asOf } = rig.paper.snapshot(rig.at);
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, asOf });
    rig.advance(1);
    rig.brokerSays({ kind: 'connection', connected: true, detail: 'back' });
    expect(atConsole(rig)).toMatchObject(isUnknown('no account snapshot since'));
    rig.gateway.editSnapshot = (same) => same;
    rig.advance(2);
    expect(atConsole(rig).status).toBe('done');
  });

  it('does not know it after a start before the first comparison, nor does it tell of its end', () => {
    const rig = new DeskRig();
    rig.openPosition();
    atConsole(rig);
    rig.advance(3);
    const told = rig.records().findIndex(({ body }) => {
      return body.kind === 'alert' && body.code === 'FLATTEN_DONE';
    });
    const cut = new DeskRig({ records: rig.records().slice(0, told), isOpen: false });
    const again = restartedAt(cut, () => undefined);
    again.advance(10);
    expect(again.positions()).toEqual([]);
    expect(atConsole(again)).toMatchObject(isUnknown('the broker gives no account snapshot now'));
    expect(again.alerts()).not.toContain('FLATTEN_DONE');
  });
});
