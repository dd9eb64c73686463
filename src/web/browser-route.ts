/** `/approve/browser`: where the operator lets a browser in whose yes to a trade then counts. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Page } from './dashboard-page.ts';
import { ownPagePolicy } from './dashboard-page.ts';
import type { HttpFault } from './http-reply.ts';
import { sendBody, sendJson } from './http-reply.ts';
import type { Exchange, Route, Site } from './http-routes.ts';

export const BROWSER_PATH = '/approve/browser';

const bodyShape = z.object({ code: z.string().max(64) });

/** A program sends no Origin, or another one: what it says here is nobody's word. */
export const NOT_THIS_PAGE: HttpFault = {
  status: 403,
  code: 'BROWSER_NEEDED',
  message:
    'a trade is decided on in a browser, on the page itself, by the human: give them its address. Their browser is let in once, with the code that `deltaring pair` shows on the machine of the engine',
};

const FAULTS = {
  none: 'there is no code that still lives: run `deltaring pair` on the machine of the engine',
  wrong: 'that is not the code; after five wrong ones run `deltaring pair` again',
} as const;

export function readBrowserPage(): Page {
  const html = readFileSync(new URL('browser-page.html', import.meta.url), 'utf8');
  return { html, contentSecurityPolicy: ownPagePolicy(html) };
}

function show({ browsers, browserPage }: Site, { request, response }: Exchange): undefined {
  if (request.headers.accept === 'application/json') {
    sendJson(response, 200, { letIn: browsers.knows(request) });
    return undefined;
  }
  const { html, contentSecurityPolicy } = browserPage;
  const body = { type: 'text/html; charset=utf-8', text: html };
  sendBody(response, 200, body, { 'Content-Security-Policy': contentSecurityPolicy });
  return undefined;
}

async function letIn({ browsers, guard }: Site, exchange: Exchange) {
  const { request, response } = exchange;
  if (!guard.isOwnPage(request)) return NOT_THIS_PAGE;
  const read = await exchange.body();
  if ('status' in read) return read;
  const parsed = bodyShape.safeParse(read.json);
  if (!parsed.success) {
    return { status: 400, code: 'CODE_MALFORMED', message: 'send {"code": "…"}' };
  }
  const outcome = browsers.letIn(parsed.data.code);
  if ('verdict' in outcome) {
    return { status: 403, code: 'CODE_REFUSED', message: FAULTS[outcome.verdict] };
  }
  response.setHeader('Set-Cookie', outcome.cookie);
  sendJson(response, 200, { letIn: true, key: outcome.key });
  return undefined;
}

export const browserRoute: Route = {
  methods: ['GET', 'POST'],
  gate: 'open',
  serve: async (site, exchange) =>
    exchange.request.method === 'POST' ? letIn(site, exchange) : show(site, exchange),
};
