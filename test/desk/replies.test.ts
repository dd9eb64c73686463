import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/desk/inputs.ts';
import { CONDOR, CONSOLE, DeskRig, valueIn } from '../support/desk-rig.ts';

const KILL: Command = { kind: 'kill', reason: 'enough' };

function failJournal(rig: DeskRig, reserveExhausted: boolean): void {
  rig.step({ kind: 'journalFailed', at: rig.at, reason: 'ENOSPC', reserveExhausted });
}

/** A command to a desk with an opening that works and a position, whose journal is slow now. */
function slowDesk(): { readonly rig: DeskRig; readonly orderId: string } {
  const rig = new DeskRig();
  rig.openPosition();
  const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
  rig.journal = 'held';
  return { rig, orderId: orderId ?? '' };
}

const COMMANDS: Readonly<Record<string, (rig: DeskRig, orderId: string) => number>> = {
  kill: (rig) => rig.send(KILL),
  flatten: (rig) => rig.send({ kind: 'flattenNow' }, CONSOLE),
  'the flatten that a token redeems': (rig) => {
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 });
    return rig.send({ kind: 'confirm', tokenSha256 });
  },
  cancel: (rig, orderId) => rig.send({ kind: 'cancel', orderId, tokenSha256: rig.newToken() }),
};

describe('an answer that promises something', () => {
  it.each(Object.entries(COMMANDS))('waits until the journal holds it: %s', (_name, send) => {
    const { rig, orderId } = slowDesk();
    const id = send(rig, orderId);
    rig.advance(3);
    expect(rig.reply(id)).toBeUndefined();
    rig.makeDurable();
    rig.advance(5);
    expect(rig.reply(id)).toBeDefined();
  });

  it('waits for a disk that hangs too, but for that of the console’s own flatten', () => {
    for (const [name, send] of Object.entries(COMMANDS)) {
      const { rig, orderId } = slowDesk();
      const id = send(rig, orderId);
      rig.advance(10);
      expect([name, rig.reply(id) !== undefined]).toEqual([name, name === 'flatten']);
    }
  });

  it('waits for what an earlier request recorded, where it is asked again', () => {
    const { rig } = slowDesk();
    const ids = [rig.send(KILL), rig.send(KILL)];
    expect(ids.map((id) => rig.reply(id))).toEqual([undefined, undefined]);
    rig.makeDurable();
    expect(ids.map((id) => valueIn(rig.reply<{ killed: boolean }>(id)!).killed)).toEqual([
      true,
      true,
    ]);
  });

  it('of a release waits too, so that no restart comes back killed', () => {
    const { rig } = slowDesk();
    rig.journal = 'atOnce';
    rig.ask(KILL);
    rig.journal = 'held';
    const id = rig.send({ kind: 'rearm' }, CONSOLE);
    expect(rig.reply(id)).toBeUndefined();
    rig.makeDurable();
    expect(rig.reply(id)).toBeDefined();
  });

  it('waits for the reserve where the journal has failed', () => {
    const { rig } = slowDesk();
    failJournal(rig, false);
    const id = rig.send({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(1);
    expect(rig.reply(id)).toBeUndefined();
    rig.makeDurable();
    expect(rig.reply(id)).toBeDefined();
  });

  it('waits for nothing once the reserve is full: nothing can be recorded, which is paged', () => {
    const { rig } = slowDesk();
    failJournal(rig, false);
    const id = rig.send({ kind: 'flattenNow' }, CONSOLE);
    failJournal(rig, true);
    expect(rig.reply(id)).toBeDefined();
  });

  it('does not wait for records that the broken journal will never take', () => {
    const rig = new DeskRig();
    rig.journal = 'held';
    failJournal(rig, false);
    rig.makeDurable();
    const request = { on: 'spot', direction: 'above', level: 700 } as const;
    const id = rig.send({ kind: 'setAlert', request });
    expect(rig.bodies('alertSet')).toHaveLength(1);
    expect(rig.reply(id)).toBeDefined();
  });

  it('is not made to wait again by a word of the journal that comes twice, the second time late', () => {
    const { rig } = slowDesk();
    rig.makeDurable();
    rig.step({ kind: 'journalDurable', at: rig.at, seq: 1, hash: '' });
    expect(rig.reply(rig.send({ kind: 'reconcile' }, CONSOLE))).toBeDefined();
  });
});

it('a refusal answers at once: it promises nothing', () => {
  const rig = new DeskRig();
  rig.journal = 'held';
  rig.ask({ kind: 'confirm', tokenSha256: rig.newToken() });
  expect(rig.bodies('confirmRefused')).toHaveLength(1);
});

it('a preview is an offer and answers at once', () => {
  const rig = new DeskRig();
  rig.journal = 'held';
  const tokenSha256 = rig.newToken();
  rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 });
  expect(rig.bodies('previewMade')).toHaveLength(1);
});

it('a flatten that was answered goes on after a crash; one whose record the crash took was not answered', () => {
  const { rig } = slowDesk();
  const before = [...rig.records()];
  const id = rig.send({ kind: 'flattenNow' }, CONSOLE);
  expect(rig.reply(id)).toBeUndefined();
  expect(new DeskRig({ records: before, isOpen: false }).day.flattening.size).toBe(0);
  rig.makeDurable();
  expect(rig.reply(id)).toBeDefined();
  const restarted = new DeskRig({ records: rig.records(), isOpen: false });
  expect(restarted.day.flattening.size).toBeGreaterThan(0);
});
