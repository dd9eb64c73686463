/**
 * Carries out the preview behind a token. An opening order asks the human first, as far as the
 * client can and the setting wants; closes, flattens and cancels never need more than the token.
 */
import type { Answer, ConfirmResult, TradeCard } from '../desk/engine-api.ts';
import type { DenialCode } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import type { Consent } from './confirm-dialog.ts';
import { openingQuestion } from './confirm-dialog.ts';
import { hidesConfirm, rungOf } from './confirm-rungs.ts';
import { orderWords } from './money-words.ts';
import type { Refused, ToolContext } from './tool.ts';

export type Purpose = TradeCard['purpose'];

/** What the tool that redeems a token is. */
export interface Redemption {
  readonly purposes: readonly Purpose[];
  /** True where hosts take the tool for read-only, so that they ask nobody before it is called. */
  readonly isReadOnlyTool: boolean;
  /** True where the call carries the human's no: the token dies, whatever it stands for. */
  readonly isNo?: boolean;
  /** What of the tool's other arguments speaks against what the token stands for. */
  readonly faultOf?: (card: TradeCard) => string | undefined | Promise<string | undefined>;
}

/** Refusals after which a token opens nothing, whoever agrees: it can only tell what it did. */
const SPENT_OR_UNKNOWN: readonly DenialCode[] = ['token_used', 'token_invalid', 'token_expired'];

/** `live`: everybody who has to be asked agreed. `spent`: nothing can be sent, the engine tells why or
 * what the first use did. */
type Standing = 'live' | 'spent' | Refused;

const NOT_PLACED: Readonly<Record<Exclude<Consent, 'accepted' | 'notShown'>, string>> = {
  declined:
    'The human declined: nothing was placed and this token is dead. Preview again only if they ask for it.',
  unticked:
    'The box in the dialog was not ticked: nothing was placed. The preview lives on; call confirm_trade again to ask once more.',
  closed:
    'The dialog was closed without an answer: nothing was placed. The preview lives on; call confirm_trade again to ask once more.',
  unanswered:
    'Nobody answered the dialog in time: nothing was placed. Preview again and confirm while somebody is there.',
  gone: 'The call was given up while the human was asked: nothing was placed and this token is dead. Preview again only if they ask for it.',
};

const UNHEARD =
  'The call was given up before anybody was asked: nothing was placed. The preview lives on.';

/** Denials by which the engine says of a token that it was never used. */
const NEVER_USED: readonly DenialCode[] = ['token_expired', 'not_found'];

/** Redeems `token` if what it stands for is among the purposes of the tool. */
export async function redeemToken(
  context: ToolContext,
  token: string,
  redemption: Redemption,
): Promise<Answer<ConfirmResult>> {
  const standing = redemption.isNo
    ? await standingAfter(context, token, 'declined')
    : await standingOf(context, token, redemption);
  if (typeof standing === 'object') return standing;
  const { caller, tokens } = context;
  // Looked at last: another connection's human may have said no meanwhile.
  const killed = standing === 'live' ? tokens.killedBy(caller.principal, token) : undefined;
  if (killed !== undefined) return refusal(context, 'token_invalid', NOT_PLACED[killed]);
  const answer = await carryOut(context, token);
  if (!('denied' in answer)) tokens.remember(caller.principal, token, 'done');
  return answer;
}

/** Confirms, and tells a client that waits of every order that moves meanwhile. */
async function carryOut(
  { api, caller, progress }: ToolContext,
  token: string,
): Promise<Answer<ConfirmResult>> {
  if (progress === undefined) return api.confirm(token, caller);
  const stop = api.onEvent((event) => {
    if (event.kind === 'order') progress(orderWords(event.order));
  });
  try {
    return await api.confirm(token, caller);
  } finally {
    stop();
  }
}

async function standingOf(
  context: ToolContext,
  token: string,
  redemption: Redemption,
): Promise<Standing> {
  const { api, caller, tokens, readOnly, holds } = context;
  if (readOnly) {
    return refusal(
      context,
      'not_authorized',
      'this face is read-only: no token can be redeemed here',
    );
  }
  if (!holds('trade.execute')) {
    const message =
      'nothing was placed: this needs the scope trade.execute, which the token of this client lacks: connect again and ask for it';
    return refusal(context, 'not_authorized', message, { needs: 'trade.execute' });
  }
  if (tokens.get(caller.principal, token) === 'done') return 'spent';
  const described = await api.describeToken(token, caller);
  if (isUsed(described)) return 'spent';
  const killed = tokens.killedBy(caller.principal, token);
  if (killed !== undefined) {
    const dead = refusal(context, 'token_invalid', NOT_PLACED[killed]);
    return unproven(context, token, described) ?? dead;
  }
  if ('denied' in described) {
    return SPENT_OR_UNKNOWN.includes(described.denied.code) ? 'spent' : described;
  }
  const card = described.value;
  if (!redemption.purposes.includes(card.purpose)) return wrongPurpose(context, card);
  const fault = await redemption.faultOf?.(card);
  if (fault !== undefined)
    return refusal(context, 'argument_invalid', `nothing was done: ${fault}`);
  // What opens needs somebody who hears of it; a way out goes on by itself.
  const unheard = (): Refused | undefined => {
    const isUnheard = card.purpose === 'open' && context.isGivenUp?.() === true;
    return isUnheard ? refusal(context, 'not_authorized', UNHEARD) : undefined;
  };
  const standing = unheard() ?? (await askFirst(context, token, card, redemption));
  return standing === 'live' ? (unheard() ?? standing) : standing;
}

function isUsed(described: Answer<TradeCard>): boolean {
  return 'denied' in described && described.denied.code === 'token_used';
}

/** What to say of a dead token where the engine does not tell that it was never used: a yes before the no may
 * have placed its order, or still wait in the engine. */
function unproven(
  context: ToolContext,
  token: string,
  described: Answer<TradeCard>,
): Refused | undefined {
  if (!('denied' in described) || NEVER_USED.includes(described.denied.code)) return undefined;
  const orders = "get_recent_orders has today's orders, get_order_history those of earlier days";
  if (context.tokens.get(context.caller.principal, token) === 'done') {
    const message = `this token was carried out before the no came. ${orders}`;
    return refusal(context, 'token_used', message);
  }
  const message = `this token is dead, but whether a yes before that has placed an order, or still does, is not known. ${orders}: look before anything is previewed again`;
  return refusal(context, described.denied.code, message);
}

function wrongPurpose(context: ToolContext, card: TradeCard) {
  const tool = card.purpose === 'open' ? 'confirm_trade' : 'confirm_trade or the tool that made it';
  const message = `nothing was done: this token is for a preview that would ${card.purpose} (${card.strategy}); redeem it with ${tool}`;
  return refusal(context, 'argument_invalid', message, { purpose: card.purpose });
}

/** Why this client can confirm nothing of this purpose, and what to do; undefined where it can. */
export function missingDialog(context: ToolContext, purpose: Purpose): string | undefined {
  const isMissing = rungOf(purpose, context.confirmMode) === 'dialog' && context.ask === undefined;
  return isMissing
    ? 'DELTARING_CONFIRM=elicit-required and this client cannot show a confirm dialog; use a client with MCP elicitation, or set DELTARING_CONFIRM=elicit-preferred'
    : undefined;
}

/** Asks whoever has to agree. With live money a tool that hosts take for read-only goes no further without
 * being asked about here. */
async function askFirst(
  context: ToolContext,
  token: string,
  card: TradeCard,
  { isReadOnlyTool }: Redemption,
): Promise<Standing> {
  const { api, ask, confirmMode, conversation } = context;
  const rung = rungOf(card.purpose, confirmMode);
  if (rung === 'page') return sendToPage(context, token, card);
  const missing = missingDialog(context, card.purpose);
  if (missing !== undefined)
    return refusal(context, 'not_authorized', `nothing was placed: ${missing}`);
  const isSkipped = rung === 'dialogIfAny' && conversation.dialogs.areNotShown;
  if (rung === 'token' || ask === undefined || isSkipped) {
    const isUnasked = isReadOnlyTool && api.identity.environment === 'live';
    return isUnasked ? toRedeemer(context, card.purpose) : 'live';
  }
  const question = openingQuestion(card, api.identity.environment);
  return standingAfter(context, token, await conversation.dialogs.ask(ask, question));
}

/** A no holds for every connection; but where another one's yes was first, its order is what to tell. A no to
 * a dialog whose call was given up would not be heard, so that token dies with the call. */
async function standingAfter(
  context: ToolContext,
  token: string,
  consent: Consent,
): Promise<Standing> {
  const { api, caller, tokens, confirmMode } = context;
  if (consent === 'accepted') return 'live';
  const isDead = consent === 'declined' || consent === 'gone';
  if (isDead) tokens.remember(caller.principal, token, consent);
  const described = await api.describeToken(token, caller);
  if (isUsed(described)) return 'spent';
  if (consent === 'notShown') return notShown(context, rungOf('open', confirmMode) === 'dialog');
  const unplaced = refusal(context, 'not_authorized', NOT_PLACED[consent], { dialog: consent });
  return (isDead ? unproven(context, token, described) : undefined) ?? unplaced;
}

/** Beside confirm_trade, what takes the token of a preview. */
const EXIT_TOOLS: Readonly<Record<Purpose, readonly string[]>> = {
  open: [],
  close: ['close_position'],
  flatten: ['flatten_all'],
  cancel: ['cancel_order'],
};

/** The tool that takes the token of a preview by hand, of those that this client is offered: listed before
 * unlisted. Where its tool sets hold none, the refusal of the one named tells which to turn on. */
export function redeemerOf(
  { confirmMode, ask, offers }: Pick<ToolContext, 'confirmMode' | 'ask' | 'offers'>,
  purpose: Purpose,
): string {
  const isHidden = hidesConfirm(confirmMode, ask !== undefined);
  const tools = ['confirm_trade', ...EXIT_TOOLS[purpose]];
  return (isHidden ? tools.toReversed() : tools).find(offers) ?? 'confirm_trade';
}

function toRedeemer(context: ToolContext, purpose: Purpose) {
  const call = redeemerOf(context, purpose);
  const message = `nothing was placed: with live money this tool only previews where nobody is asked. Call ${call} with this confirm_token`;
  return refusal(context, 'not_authorized', message, { call });
}

/** The yes has to come from the engine's own page: the order goes out from there. */
function sendToPage(context: ToolContext, token: string, card: TradeCard) {
  const { approvals, caller } = context;
  const url = approvals.put(token, caller, card);
  if (url === undefined) {
    const message =
      'nothing was placed: DELTARING_CONFIRM=browser, and this engine serves no page; start it with its HTTP face';
    return refusal(context, 'not_authorized', message);
  }
  const message = `nothing is placed yet: the human has to open ${url} within ${card.expiresInSeconds} s and agree there, in a browser that they let in once with a code of "deltaring pair"; the order goes out from that page. Give them the link, and call confirm_trade again afterwards to hear what it did`;
  return refusal(context, 'not_authorized', message, { approveUrl: url });
}

function notShown(context: ToolContext, mustAsk: boolean) {
  const next = mustAsk
    ? 'DELTARING_CONFIRM=elicit-required needs the dialog: use a client that shows it, or set DELTARING_CONFIRM=token'
    : 'Show the human the preview and, once they agree, call confirm_trade again with the same confirm_token: the token alone then places the order';
  const message = `nothing was placed: the client answered the confirm dialog at once, so nobody saw it. The preview lives on. ${next}.`;
  return refusal(context, 'not_authorized', message, { dialog: 'notShown' });
}

function refusal(
  context: ToolContext,
  code: DenialCode,
  message: string,
  numbers: Readonly<Record<string, string>> = {},
) {
  return { stamp: context.api.stamp(), ...deny(code, message, numbers) };
}
