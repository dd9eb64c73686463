/**
 * The life of confirm tokens against a model of what each one is: of whom, until when, and what its
 * first use came to. Two traders preview openings, closes, replacements and flattens, confirm their own
 * and each other's tokens in time, late and again, while the desk is killed, rearmed and started anew.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { Caller, ConfirmResult } from '../../src/desk/engine-api.ts';
import type { Command } from '../../src/desk/inputs.ts';
import { CONDOR, CONSOLE, DeskRig, TRADER } from './desk-rig.ts';
import { actsUnder, OUT_OF_REACH } from './story-acts.ts';

const OTHER: Caller = { principal: 'other', authority: 'open' };
const CALLERS = [TRADER, OTHER];
const MOST_MOVES = 30;

type Kind = 'open' | 'close' | 'replace' | 'flatten';

interface Token {
  readonly sha256: string;
  readonly kind: Kind;
  readonly owner: Caller;
  readonly expiresAtWall: number;
  /** The desk that made it has ended: what was not used then is nothing any more. */
  isOfBefore: boolean;
  /** What its first use said; undefined: not used yet. */
  first?: ConfirmResult;
}

/** What came up, so that a model in which nothing happens is seen. */
export interface TokenTally {
  used: number;
  again: number;
  againAfterRestart: number;
  strange: number;
  late: number;
  kinds: Set<Kind>;
}

interface Model {
  readonly tokens: Token[];
}

interface World {
  rig: DeskRig;
  readonly tally: TokenTally;
  readonly spoil: (rig: DeskRig) => void;
}

type Act = fc.Command<Model, World>;

function ordersOf({ rig }: World, { sha256 }: Token): readonly string[] {
  const orders = rig.orders().filter(({ tokenSha256 }) => tokenSha256 === sha256);
  return orders.map(({ intent }) => intent.intentId);
}

/** What holds of every token at every moment. */
function expectSound({ tokens }: Model, world: World): void {
  for (const token of tokens) {
    const made = ordersOf(world, token);
    if (token.first === undefined) deepEqual(made, [], 'a token that nobody used made an order');
    if (token.kind !== 'flatten') ok(made.length <= 1, 'one token made two orders');
  }
  const known = new Set(tokens.map(({ sha256 }) => sha256));
  for (const { intent, tokenSha256 } of world.rig.orders()) {
    if (intent.purpose === 'open') ok(known.has(tokenSha256 ?? ''), 'an opening has no token');
  }
}

const act = actsUnder(expectSound);

function commandOf(rig: DeskRig, kind: Kind, tokenSha256: string): Command | undefined {
  if (kind === 'flatten') return { kind: 'previewFlatten', tokenSha256 };
  if (kind === 'open') return { kind: 'previewStrategy', request: CONDOR, tokenSha256 };
  if (kind === 'close') {
    const target = rig.positions()[0]?.positionId;
    if (target === undefined) return undefined;
    return { kind: 'previewClose', target, quantity: undefined, tokenSha256 };
  }
  const working = rig.orders().find(({ status }) => status === 'working');
  if (working === undefined) return undefined;
  const { intentId } = working.intent;
  const limit = working.limit / 10_000 - 0.01;
  return { kind: 'previewReplace', orderId: intentId, limit, tokenSha256 };
}

const preview = (kind: Kind, owner: Caller): Act =>
  act(`${owner.principal} previews ${kind}`, ({ tokens }, { rig }) => {
    const sha256 = rig.newToken();
    const command = commandOf(rig, kind, sha256);
    if (command === undefined || 'denied' in rig.ask(command, owner)) return;
    const made = rig.bodies('previewMade').at(-1);
    equal(made?.tokenSha256, sha256);
    const { expiresAtWall } = made;
    tokens.push({ sha256, kind, owner, expiresAtWall, isOfBefore: false });
  });

/** The code of a refusal; undefined where there is none. */
function codeOf(reply: ReturnType<DeskRig['confirm']>): string | undefined {
  return 'denied' in reply ? reply.denied.code : undefined;
}

/** What the owner hears of a token that was used: what it came to, and nothing is sent for it. */
function expectReplay(world: World, token: Token, reply: ReturnType<DeskRig['confirm']>): void {
  const { first } = token;
  ok('value' in reply, 'a used token does not answer with its result');
  ok(reply.value.replayed, 'a used token was taken for a new one');
  // Of a replacement the order that is to come may never come.
  if (token.kind === 'open' || token.kind === 'close') equal(reply.value.orderId, first?.orderId);
  world.tally.again += 1;
  if (token.isOfBefore) world.tally.againAfterRestart += 1;
}

function expectOwn(world: World, token: Token, at: number, reply: ReturnType<DeskRig['confirm']>) {
  const code = codeOf(reply);
  if (token.first !== undefined) return expectReplay(world, token, reply);
  if (token.isOfBefore) return equal(code, 'token_invalid');
  if (at >= token.expiresAtWall) {
    world.tally.late += 1;
    return equal(code, 'token_expired');
  }
  if (code !== undefined) return ok(!code.startsWith('token_'), `a live token is ${code}`);
  ok('value' in reply && !reply.value.replayed, 'a first use is called a second one');
  token.first = reply.value;
  world.tally.used += 1;
  return world.tally.kinds.add(token.kind);
}

const confirm = (nth: number, isOwn: boolean): Act =>
  act(`${isOwn ? 'its owner' : 'a stranger'} confirms ${nth}`, ({ tokens }, world) => {
    const token = tokens.at(-1 - (nth % Math.max(1, tokens.length)));
    if (token === undefined) return;
    const { rig } = world;
    const before = ordersOf(world, token);
    const at = rig.at.wall;
    const caller = CALLERS.find((one) => (one === token.owner) === isOwn) ?? TRADER;
    const reply = rig.confirm(token.sha256, caller);
    if (!isOwn) {
      equal(codeOf(reply), 'token_invalid', 'a stranger is told of a token');
      world.tally.strange += 1;
      if (token.kind !== 'replace') deepEqual(ordersOf(world, token), before);
      return;
    }
    expectOwn(world, token, at, reply);
  });

const wait = (seconds: number): Act =>
  act(`${seconds} s pass`, (_model, { rig }) => rig.advance(seconds));

const show = (size: number): Act =>
  act(`${size} displayed`, (_model, { rig }) => {
    rig.size = size;
    rig.advance(1);
  });

const kill = act('kill', (_model, { rig }) => {
  rig.ask({ kind: 'kill', reason: 'model' });
});

const rearm = act('rearm', (_model, { rig }) => {
  rig.ask({ kind: 'rearm' }, CONSOLE);
});

const restart = act('restart', ({ tokens }, world) => {
  const { size } = world.rig;
  world.rig = world.rig.restart();
  world.rig.size = size;
  world.spoil(world.rig);
  world.rig.advance(2);
  for (const token of tokens) token.isOfBefore = true;
});

const callers = fc.constantFrom(...CALLERS);
const previews = fc
  .tuple(fc.constantFrom<Kind>('open', 'open', 'close', 'replace', 'flatten'), callers)
  .map(([kind, owner]) => preview(kind, owner));
const confirms = fc
  .tuple(fc.constantFrom(0, 0, 0, 1, 2, 5), fc.constantFrom(true, true, true, false))
  .map(([nth, isOwn]) => confirm(nth, isOwn));

/** As often as their names stand here. */
const ACTS = [
  previews,
  previews,
  previews,
  confirms,
  confirms,
  confirms,
  confirms,
  fc.constantFrom(1, 31, 31).map(wait),
  fc.constantFrom(0, 50, 50).map(show),
  fc.constantFrom(kill, rearm, rearm, rearm),
  fc.constant(restart),
];

/** A story begins with something held, which can be closed. */
const HELD = [preview('open', TRADER), confirm(0, true), wait(5)];

/** And ends with a token whose time is over. */
const TOO_LATE = [rearm, show(50), preview('open', TRADER), wait(31), confirm(0, true)];

export interface TokenLifeOptions {
  readonly runs: number;
  /** Left out: that of the suite. */
  readonly seed?: number;
  /** Breaks a desk on purpose. */
  readonly spoil?: ((rig: DeskRig) => void) | undefined;
}

/** Throws with the shortest story found in which a promise is broken. */
export function liveTokens({ runs, seed, spoil = () => undefined }: TokenLifeOptions): TokenTally {
  const kinds = new Set<Kind>();
  const tally = { used: 0, again: 0, againAfterRestart: 0, strange: 0, late: 0, kinds };
  fc.assert(
    fc.property(fc.commands(ACTS, { maxCommands: MOST_MOVES, size: 'max' }), (commands) => {
      const world: World = { rig: new DeskRig({ limits: OUT_OF_REACH }), tally, spoil };
      const model: Model = { tokens: [] };
      spoil(world.rig);
      for (const first of HELD) first.run(model, world);
      fc.modelRun(() => ({ model, real: world }), commands);
      for (const last of TOO_LATE) last.run(model, world);
    }),
    { numRuns: runs, ...(seed !== undefined && { seed }) },
  );
  return tally;
}

/** Bugs that the model has to find. */
export const TOKEN_PLANTS: Readonly<Record<string, (rig: DeskRig) => void>> = {
  'token-reuse': ({ desk }) => {
    desk.context.tokens.consume = () => undefined;
  },
  'token-of-anyone': ({ desk }) => {
    const { tokens } = desk.context;
    const lookup = tokens.lookup.bind(tokens);
    tokens.lookup = (sha256, principal, at) => {
      const own = lookup(sha256, principal, at);
      if (own.kind !== 'denied') return own;
      const another = CALLERS.find((one) => one.principal !== principal)?.principal ?? '';
      const others = lookup(sha256, another, at);
      return others.kind === 'denied' ? own : others;
    };
  },
};
