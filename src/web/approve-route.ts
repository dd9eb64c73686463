/**
 * `/approve/ID`: the human's own page for one trade. Whoever has its address, the assistant too, may see
 * it; an answer counts once, and only from that page in a browser that the operator let in.
 */
import { z } from 'zod';
import type { Answer, ConfirmResult } from '../desk/engine-api.ts';
import type { ApprovalOutcome } from '../mcp/approvals.ts';
import { leftMillisOf } from '../mcp/approvals.ts';
import { confirmWords } from '../mcp/tools/confirm-trade.ts';
import { BROWSER_PATH, NOT_THIS_PAGE } from './browser-route.ts';
import type { HttpFault } from './http-reply.ts';
import { pathOf, sendBody, sendJson } from './http-reply.ts';
import type { Exchange, Route, Site } from './http-routes.ts';
import { tradeCardPage } from './trade-card-page.ts';

export const APPROVE_PREFIX = '/approve/';

const bodyShape = z.object({ decision: z.enum(['yes', 'no']) });

const GONE: HttpFault = {
  status: 410,
  code: 'APPROVAL_GONE',
  message: 'this page is over: the trade was decided on, or its time ran out. Preview it again',
};

const NOT_LET_IN: HttpFault = {
  status: 403,
  code: 'BROWSER_NOT_LET_IN',
  message: `this browser is not let in yet: run \`deltaring pair\` on the machine of the engine and type the code at ${BROWSER_PATH}`,
};

function placedWords(answer: Answer<ConfirmResult>): string {
  if (!('denied' in answer)) return confirmWords(answer.value);
  const { code, message } = answer.denied;
  const isKnown = code !== 'engine_busy';
  return `${isKnown ? 'Nothing was placed' : 'Whether it was placed is not known'}: ${message}.`;
}

function outcomeWords(outcome: Exclude<ApprovalOutcome, { kind: 'gone' }>): string {
  if (outcome.kind === 'refused') return 'Nothing was placed, and this preview is dead.';
  return `${placedWords(outcome.answer)} You can go back to your assistant.`;
}

async function showPage({ room, api, tradeCard }: Site, { request, response }: Exchange) {
  const approval = room.approvals.find(pathOf(request).slice(APPROVE_PREFIX.length));
  if (approval === undefined) return GONE;
  const { card } = approval;
  const { html, contentSecurityPolicy } = tradeCardPage(tradeCard, {
    card,
    payoff: api.payoff(card) ?? null,
    environment: api.identity.environment,
    leftMillis: leftMillisOf(approval),
  });
  const body = { type: 'text/html; charset=utf-8', text: html };
  sendBody(response, 200, body, { 'Content-Security-Policy': contentSecurityPolicy });
  return undefined;
}

async function takeAnswer(site: Site, { request, response, body }: Exchange) {
  const { room, guard, browsers } = site;
  if (!guard.isOwnPage(request)) return NOT_THIS_PAGE;
  if (!browsers.knows(request)) return NOT_LET_IN;
  const read = await body();
  if ('status' in read) return read;
  const parsed = bodyShape.safeParse(read.json);
  if (!parsed.success) {
    const message = 'send {"decision": "yes"} or {"decision": "no"}';
    return { status: 400, code: 'DECISION_MALFORMED', message };
  }
  const id = pathOf(request).slice(APPROVE_PREFIX.length);
  const outcome = await room.approvals.decide(id, parsed.data.decision);
  if (outcome.kind === 'gone') return GONE;
  sendJson(response, 200, { outcome: outcome.kind, text: outcomeWords(outcome) });
  return undefined;
}

export const approveRoute: Route = {
  methods: ['GET', 'POST'],
  gate: 'open',
  serve: (site, exchange) =>
    exchange.request.method === 'POST' ? takeAnswer(site, exchange) : showPage(site, exchange),
};
