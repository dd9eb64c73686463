/** One token redeemed several times at a real desk, which knows a used token from a live one. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AskHuman, DialogReply } from '../../src/mcp/confirm-dialog.ts';
import { Dialogs } from '../../src/mcp/confirm-dialog.ts';
import { createFaceRoom } from '../../src/mcp/face.ts';
import { redeemToken } from '../../src/mcp/redeem-token.ts';
import { CONDOR, DeskRig, TRADER } from '../support/desk-rig.ts';
import { ALL_SETTINGS } from './support/connected-client.ts';
import { doorOf } from './support/desk-door.ts';

const YES: DialogReply = { action: 'accept', ticked: true, elapsedMillis: 5_000 };
const NO: DialogReply = { action: 'decline', ticked: false, elapsedMillis: 5_000 };

const OPENINGS = { purposes: ['open'], isReadOnlyTool: false } as const;

async function stage() {
  const rig = new DeskRig();
  const api = doorOf(rig);
  const room = createFaceRoom(api, ALL_SETTINGS);
  onTestFinished(() => {
    room.close();
    api.close();
  });
  const answer = await api.previewStrategy(CONDOR, TRADER);
  if ('denied' in answer) throw new Error(answer.denied.message);
  const token = answer.value.confirmToken;
  /** Redeems over a connection whose human answers as `ask` does. */
  const redeem = (ask: AskHuman) => {
    const { tokens, approvals, streams } = room;
    const caller = TRADER;
    const conversation = { dialogs: new Dialogs() };
    const rights = { readOnly: false, holds: () => true, offers: () => true };
    const confirmMode = 'elicit-preferred' as const;
    const face = { api, caller, confirmMode, ...rights, ask, conversation };
    return redeemToken({ ...face, tokens, approvals, streams }, token, OPENINGS);
  };
  /** Redeems with a dialog that stays open until it is answered. */
  const dialog = () => {
    const shown = Promise.withResolvers<void>();
    const reply = Promise.withResolvers<DialogReply>();
    const result = redeem(() => {
      shown.resolve();
      return reply.promise;
    });
    return { shown: shown.promise, reply: reply.resolve, result };
  };
  return { rig, token, redeem, dialog };
}

const unasked: AskHuman = () => Promise.reject(new Error('nobody is to be asked'));

describe('a token that was used', () => {
  it('tells of its order while that is still on its way, and asks nobody', async () => {
    const { rig, redeem } = await stage();
    rig.journal = 'held';
    void redeem(() => Promise.resolve(YES));
    await expect.poll(() => rig.bodies('intentRecorded')).toHaveLength(1);
    rig.journal = 'atOnce';
    rig.makeDurable();
    const again = await redeem(unasked);
    expect(again).toMatchObject({ value: { replayed: true, orderId: expect.any(String) } });
    expect(rig.bodies('intentRecorded')).toHaveLength(1);
  });

  it('is not declined by a dialog that was still open', async () => {
    const { rig, dialog, redeem } = await stage();
    const [first, second] = [dialog(), dialog()];
    await Promise.all([first.shown, second.shown]);
    first.reply(YES);
    const placed = await first.result;
    expect(placed).toMatchObject({ value: { replayed: false } });
    second.reply(NO);
    expect(await second.result).toMatchObject({ value: { replayed: true } });
    expect(await redeem(unasked)).toMatchObject({ value: { replayed: true } });
    expect(rig.bodies('intentRecorded')).toHaveLength(1);
  });

  it('is told as used to who asks what it stands for', async () => {
    const { rig, token, redeem } = await stage();
    await redeem(() => Promise.resolve(YES));
    const described = await doorOf(rig).describeToken(token, TRADER);
    expect(described).toMatchObject({ denied: { code: 'token_used' } });
    const foreign = await doorOf(rig).describeToken(token, { ...TRADER, principal: 'stranger' });
    expect(foreign).toMatchObject({ denied: { code: 'token_invalid' } });
  });
});

describe('a no', () => {
  it('stops the yes of a dialog that another connection still shows', async () => {
    const { rig, dialog, redeem } = await stage();
    const [first, second] = [dialog(), dialog()];
    await Promise.all([first.shown, second.shown]);
    first.reply(NO);
    expect(await first.result).toMatchObject({ denied: { numbers: { dialog: 'declined' } } });
    second.reply(YES);
    const stopped = {
      denied: { code: 'token_invalid', message: expect.stringContaining('declined') },
    };
    expect(await second.result).toMatchObject(stopped);
    expect(await redeem(unasked)).toMatchObject(stopped);
    expect(rig.bodies('intentRecorded')).toEqual([]);
  });

  it('stops a yes that comes with it', async () => {
    const { rig, dialog } = await stage();
    const [first, second] = [dialog(), dialog()];
    await Promise.all([first.shown, second.shown]);
    second.reply(NO);
    first.reply(YES);
    await Promise.all([first.result, second.result]);
    expect(rig.bodies('intentRecorded')).toEqual([]);
  });

  it('is not redeemed where the token died under the dialog', async () => {
    const { rig, dialog } = await stage();
    const open = dialog();
    await open.shown;
    rig.advance(31);
    open.reply(NO);
    expect(await open.result).toMatchObject({ denied: { numbers: { dialog: 'declined' } } });
    expect(rig.bodies('confirmRefused')).toEqual([]);
  });
});
