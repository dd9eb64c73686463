/**
 * Every way to a confirm: over real stdio (`deltaring mcp` in a process of its own) and real HTTP,
 * from the SDK's own client, with a dialog and without, and each answer that a dialog can have.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CONFIRM_FIELD } from '../../src/mcp/confirm-dialog.ts';
import { call, sdkClient } from './support/connected-client.ts';
import { StagedEngine } from './support/staged-engine.ts';

const ACCEPT: ElicitResult = { action: 'accept', content: { [CONFIRM_FIELD]: true } };

const DIALOGS = {
  accept: ACCEPT,
  decline: { action: 'decline' },
  instantCancel: { action: 'cancel' },
  /** Agreed to once, and then redeemed again. */
  tokenReuse: ACCEPT,
} as const satisfies Record<string, ElicitResult>;
type Dialog = keyof typeof DIALOGS;

/** What the first and the second `confirm_trade` with one token came to. */
type Outcome = 'placed' | 'replayed' | 'token_invalid' | 'notShown' | 'declined' | 'noDialog';
type Row = readonly [dialog: Dialog, first: Outcome, second: Outcome, asked: number];

/** An instant cancel stands last: a connection remembers that its dialogs are not shown. */
const TABLE: Readonly<
  Record<'elicit-preferred' | 'elicit-required', Record<'asks' | 'cannotAsk', readonly Row[]>>
> = {
  'elicit-preferred': {
    asks: [
      ['accept', 'placed', 'replayed', 1],
      ['decline', 'declined', 'token_invalid', 1],
      ['tokenReuse', 'placed', 'replayed', 1],
      ['instantCancel', 'notShown', 'placed', 1],
    ],
    cannotAsk: [
      ['accept', 'placed', 'replayed', 0],
      ['decline', 'placed', 'replayed', 0],
      ['tokenReuse', 'placed', 'replayed', 0],
      ['instantCancel', 'placed', 'replayed', 0],
    ],
  },
  'elicit-required': {
    asks: [
      ['accept', 'placed', 'replayed', 1],
      ['decline', 'declined', 'token_invalid', 1],
      ['tokenReuse', 'placed', 'replayed', 1],
      ['instantCancel', 'notShown', 'notShown', 2],
    ],
    cannotAsk: [
      ['accept', 'noDialog', 'noDialog', 0],
      ['decline', 'noDialog', 'noDialog', 0],
      ['tokenReuse', 'noDialog', 'noDialog', 0],
      ['instantCancel', 'noDialog', 'noDialog', 0],
    ],
  },
};

/** What one confirm came to. */
async function outcomeOf(client: Client, token: string): Promise<Outcome> {
  const { isError, text, data } = await call(client, 'confirm_trade', { confirm_token: token });
  if (!isError) return data['replayed'] === true ? 'replayed' : 'placed';
  const { code, dialog } = data['denied'] as { code: string; dialog?: Outcome };
  if (dialog !== undefined) return dialog;
  if (code === 'token_invalid') return code;
  expect(text).toContain('DELTARING_CONFIRM=elicit-required');
  return 'noDialog';
}

describe.each(['elicit-preferred', 'elicit-required'] as const)('confirming under %s', (mode) => {
  const stage = new StagedEngine({ DELTARING_CONFIRM: mode });
  // An instant is judged by the clock: both hands of it stand, so that a busy machine makes no pause of it.
  beforeAll(async () => {
    await stage.open();
    vi.useFakeTimers({ toFake: ['performance', 'Date'] });
  });
  afterAll(async () => {
    vi.useRealTimers();
    await stage.close();
  });

  describe.each(['stdio', 'HTTP'] as const)('over %s', (over) => {
    describe.each(['asks', 'cannotAsk'] as const)('with a client that %s', (can) => {
      let client: Client;
      let answer: Dialog = 'accept';
      let asked = 0;
      beforeAll(async () => {
        const elicit = (): ElicitResult => {
          asked += 1;
          return DIALOGS[answer];
        };
        client = sdkClient(can === 'asks' ? elicit : undefined);
        await client.connect(stage.transport(over));
      });
      afterAll(() => client.close());

      it.each(TABLE[mode][can])('%s: %s, then %s, asked %i times', async (dialog, ...expected) => {
        answer = dialog;
        asked = 0;
        const placedBefore = stage.api.orders.length;
        const card = await call(client, 'iron_condor_30_delta');
        const token: string = card.data['confirmToken'];
        const first = await outcomeOf(client, token);
        const second = await outcomeOf(client, token);
        expect([first, second, asked]).toEqual(expected);
        const placed = [first, second].includes('placed') ? 1 : 0;
        expect(stage.api.orders.length - placedBefore).toBe(placed);
      });
    });
  });
});
