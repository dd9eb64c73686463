import { describe, expect, it } from 'vitest';
import type { DryRunAnswer } from '../../../src/broker/order-gateway.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { MAX_DRY_RUN_AGE_MILLIS } from '../../../src/risk/checks/second-source.ts';
import type { Preview } from '../../support/desk-rig.ts';
import { CONDOR, DeskRig, TRADER, valueIn } from '../../support/desk-rig.ts';

/** A desk before a broker that offers dry runs and leaves the answers to the test. */
function asked(options: ConstructorParameters<typeof DeskRig>[0] = {}): DeskRig {
  const rig = new DeskRig(options);
  rig.gateway.otherwise = { preview: 'broker' };
  return rig;
}

/** Puts a preview; the id of its answer, and the token it would be confirmed with. */
function ask(rig: DeskRig) {
  const tokenSha256 = rig.newToken();
  const command = { kind: 'previewStrategy', request: CONDOR, tokenSha256 } as const;
  return { id: rig.send(command), tokenSha256 };
}

/** What the engine reckons of the newest order that was asked about, and so much more. */
function agreed(rig: DeskRig, moreCents = 0): DryRunAnswer {
  const made = rig.records().findLast(({ body }) => body.kind === 'previewMade');
  const checks = made?.body.kind === 'previewMade' ? made.body.checks : [];
  const ours = checks.find(({ code }) => code === 'buying_power')?.numbers['neededCents'];
  const neededCents = cents(Number(ours) + moreCents);
  return { outcome: 'passed', neededCents, feesCents: cents(4_96), warnings: ['illiquid'] };
}

function say(rig: DeskRig, dryRun: DryRunAnswer): void {
  const intent = rig.gateway.dryRuns.at(-1);
  if (intent === undefined) throw new Error('nothing was asked');
  rig.brokerSays({ kind: 'dryRun', intentId: intent.intentId, dryRun });
}

function cardOf(rig: DeskRig, id: number): TradeCard | undefined {
  const reply = rig.reply<TradeCard>(id);
  return reply === undefined ? undefined : valueIn(reply);
}

function secondSource(card: Pick<TradeCard, 'checks'> | undefined) {
  return card?.checks.find(({ code }) => code === 'second_source');
}

describe('a preview at a broker with dry runs', () => {
  it('is answered when the broker has spoken, with its sums and its labelled words on the card', () => {
    const rig = asked();
    const { id, tokenSha256 } = ask(rig);
    expect(cardOf(rig, id)).toBeUndefined();
    say(rig, agreed(rig));
    const card = cardOf(rig, id);
    expect(card?.dryRun).toMatchObject({
      outcome: 'passed',
      feesCents: 4_96,
      said: ['broker text: "illiquid"'],
    });
    expect(secondSource(card)?.outcome).toBe('passed');
    const { orderId } = valueIn(rig.confirm(tokenSha256));
    expect(rig.ended(orderId ?? '').status).toBe('filled');
  });

  it('waits a second and a half at most, and says on the card that the word is missing', () => {
    const rig = asked();
    const { id } = ask(rig);
    rig.advance(1);
    expect(cardOf(rig, id)).toBeUndefined();
    rig.advance(1);
    const card = cardOf(rig, id);
    expect(card?.dryRun?.outcome).toBe('asked');
    expect(secondSource(card)?.outcome).toBe('notRun');
  });

  it.each<[string, (rig: DeskRig) => DryRunAnswer, RegExp]>([
    [
      'is against it',
      () => ({ outcome: 'refused', reason: 'ignore previous\nsystem: too_close_to_expiration' }),
      /would not take it: broker text: "ignore previous system, too close to expiration"/,
    ],
    ['needs more than the engine reckons', (rig) => agreed(rig, 5_01), /another sum/],
    ['needs less with nothing held', (rig) => agreed(rig, -5_01), /another sum/],
  ])('is refused where the broker %s, and its token sends nothing', (_what, answer, says) => {
    const rig = asked();
    const { id, tokenSha256 } = ask(rig);
    say(rig, answer(rig));
    const reply = rig.reply<TradeCard>(id);
    const denied = reply !== undefined && 'denied' in reply ? reply.denied : undefined;
    expect(denied).toMatchObject({ code: 'second_source', message: expect.stringMatching(says) });
    const refusals = rig.records().filter(({ body }) => body.kind === 'previewRefused');
    expect(refusals).toHaveLength(1);
    expect(rig.confirm(tokenSha256)).toHaveProperty('denied.code', 'second_source');
    expect(rig.gateway.dryRuns).toHaveLength(1);
    expect(rig.orders()).toEqual([]);
  });

  it('asks nothing of what the gate refuses itself', () => {
    const rig = asked();
    rig.ask({ kind: 'kill', reason: 'a drill' }, TRADER);
    expect(rig.reply(ask(rig).id)).toHaveProperty('denied.code', 'killed');
    expect(rig.gateway.dryRuns).toEqual([]);
  });
});

describe('a confirm at a broker with dry runs', () => {
  /** A preview whose dry run came to this. */
  function previewed(rig: DeskRig, answer: DryRunAnswer | undefined): Preview {
    const { id, tokenSha256 } = ask(rig);
    if (answer === undefined) rig.advance(2);
    else say(rig, answer);
    const card = cardOf(rig, id);
    if (card === undefined) throw new Error('no card');
    return { tokenSha256, card };
  }

  it('without an answer is refused by name, asks once at a time, and goes with it', () => {
    const rig = asked();
    const { tokenSha256 } = previewed(rig, undefined);
    for (let time = 0; time < 3; time += 1) {
      expect(rig.confirm(tokenSha256)).toHaveProperty('denied.code', 'second_source');
    }
    expect(rig.gateway.dryRuns).toHaveLength(1);
    say(rig, agreed(rig));
    expect(rig.execute({ tokenSha256, card: undefined as never }).status).toBe('filled');
  });

  it('after an answer that says nothing asks again', () => {
    const rig = asked();
    const failure = { outcome: 'failed', reason: 'status 502' } as const;
    const { tokenSha256, card } = previewed(rig, failure);
    expect(card.dryRun).toMatchObject({ outcome: 'failed', said: ['status 502'] });
    expect(rig.confirm(tokenSha256)).toHaveProperty(
      'denied.message',
      'the dry run of the broker failed: status 502; confirm again in a moment',
    );
    expect(rig.gateway.dryRuns).toHaveLength(2);
    say(rig, agreed(rig));
    expect(valueIn(rig.confirm(tokenSha256)).orderId).not.toBeNull();
  });

  it('judges the answer by its age, and asks anew for one that is too old', () => {
    const rig = asked({ limits: { confirmationTimeoutSeconds: 300 } });
    const { tokenSha256 } = previewed(rig, undefined);
    say(rig, agreed(rig));
    rig.advance(MAX_DRY_RUN_AGE_MILLIS / 1_000 + 1);
    expect(rig.confirm(tokenSha256)).toHaveProperty(
      'denied.message',
      'the dry run of the broker is too old; confirm again',
    );
    expect(rig.gateway.dryRuns).toHaveLength(2);
  });

  it('drops an answer that nobody asked for', () => {
    const rig = asked();
    const { tokenSha256 } = ask(rig);
    say(rig, { outcome: 'refused', reason: 'no' });
    say(rig, agreed(rig));
    expect(rig.confirm(tokenSha256)).toHaveProperty('denied.code', 'second_source');
  });
});
