/**
 * Asks the human behind a client whether to place an order. What the client's dialog answered is
 * read with care: an accept may come from a hook, and a cancel that comes back at once was never
 * seen by anyone.
 */
import type { TradeCard } from '../desk/engine-api.ts';
import { dollars, dryRunWords, signedPrice, tradeWords } from './money-words.ts';

/** No human reads and closes a dialog in less. */
export const INSTANT_CANCEL_MILLIS = 300;
/** The box that has to be ticked, by its name in the dialog's form. */
export const CONFIRM_FIELD = 'placeOrder';

/** A dialog with one box to tick. */
export interface Question {
  readonly message: string;
  readonly boxTitle: string;
  readonly timeoutMillis: number;
}

/** What came back, raw. `failed` = the client answered with an error or not in time. `gone` = the call
 * that asks was given up while the dialog was shown. */
export interface DialogReply {
  readonly action: 'accept' | 'decline' | 'cancel' | 'failed' | 'gone';
  readonly ticked: boolean;
  readonly elapsedMillis: number;
}

/** Puts a question to the human behind the client. Never rejects. */
export type AskHuman = (question: Question) => Promise<DialogReply>;

/** What a reply means for the order. Only `accepted` lets it through. */
export type Consent =
  | 'accepted'
  | 'unticked'
  | 'declined'
  | 'closed'
  | 'notShown'
  | 'unanswered'
  | 'gone';

/** Reads a reply. */
export function consentOf(reply: DialogReply): Consent {
  switch (reply.action) {
    case 'accept':
      return reply.ticked ? 'accepted' : 'unticked';
    case 'decline':
      return 'declined';
    case 'cancel':
      return reply.elapsedMillis < INSTANT_CANCEL_MILLIS ? 'notShown' : 'closed';
    case 'failed':
      return reply.elapsedMillis < INSTANT_CANCEL_MILLIS ? 'notShown' : 'unanswered';
    case 'gone':
      return 'gone';
    default:
      return 'declined';
  }
}

/** What one connection knows of its client's dialogs. Mutable. */
export class Dialogs {
  #open = 0;
  #areSeen = false;
  #areNotShown = false;

  /** True once one came back too fast to have been seen, where none has ever been seen. */
  get areNotShown(): boolean {
    return this.#areNotShown;
  }

  /**
   * Asks, and reads the reply. Where somebody has answered a dialog before, or has one open now, one that
   * comes back at once was only in the way: it is asked again, and takes nobody out of what follows. A
   * slow cancel is no answer: a client can take its time to cancel what it shows to nobody.
   */
  async ask(ask: AskHuman, question: Question): Promise<Consent> {
    this.#open += 1;
    const reply = await ask(question);
    this.#open -= 1;
    const isChosen = reply.action === 'accept' || reply.action === 'decline';
    const isAnswer = isChosen && reply.elapsedMillis >= INSTANT_CANCEL_MILLIS;
    this.#areSeen ||= isAnswer;
    const consent = consentOf(reply);
    if (consent !== 'notShown') return consent;
    if (this.#areSeen || this.#open > 0) return 'closed';
    this.#areNotShown = true;
    return consent;
  }
}

/** The question for an opening order: few numbers, the worst case first. */
export function openingQuestion(card: TradeCard, environment: 'paper' | 'live'): Question {
  const profit = card.maxProfitCents === null ? 'unlimited' : dollars(card.maxProfitCents);
  const plan = card.exitPlan === null ? '' : `\nExit: ${card.exitPlan.stop}.`;
  return {
    message:
      `Worst case: you lose ${dollars(Math.abs(card.maxLossCents))}, fees included.\n` +
      `${tradeWords(card)}, limit ${signedPrice(card.limitPrice)}, never worse than ${signedPrice(card.worstPrice)} per share.\n` +
      `Best case: ${profit}. Account: ${environment} money.${dryRunWords(card)}${plan}`,
    boxTitle: `Place this ${environment} order`,
    timeoutMillis: card.expiresInSeconds * 1_000,
  };
}
