/**
 * The embedded authorization server's HTTP side: the SDK's own handlers of authorize, token, register
 * and revoke around the operator's decisions, the consent form, and the metadata (RFC 8414). The
 * address's rate limit stands before all of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorizationHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/authorize.js';
import { clientRegistrationHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/register.js';
import { revocationHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/revoke.js';
import { tokenHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/token.js';
import type { NextFunction, Request, Response } from 'express';
import express from 'express';
import { z } from 'zod';
import { parseClientRights } from '../../engine/domain/client-rights.ts';
import { SCOPES } from '../../mcp/scopes.ts';
import type { ConsentView } from './consent-page.ts';
import { consentPage } from './consent-page.ts';
import type { OperatorProvider } from './operator-provider.ts';

export const METADATA_PATH = '/.well-known/oauth-authorization-server';

/** What every path of this server begins with. */
export const AUTHORIZATION_PATHS: readonly string[] = [
  METADATA_PATH,
  '/authorize',
  '/oauth/consent',
  '/token',
  '/register',
  '/revoke',
];

const formShape = z.object({
  request: z.string(),
  decision: z.enum(['allow', 'deny']),
  code: z.string().default(''),
  scope: z.union([z.string(), z.array(z.string())]).default([]),
  rights: z.string().default('reduce-only'),
  dollars: z.string().default(''),
});

const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  // Not `no-referrer`: with it a browser sends the form with an Origin of "null".
  'Referrer-Policy': 'same-origin',
};

/** Shows the consent page. */
export function showConsent(response: Response, view: ConsentView): void {
  const { html, contentSecurityPolicy } = consentPage(view);
  response
    .status(view.fault === undefined ? 200 : 403)
    .set({ ...PAGE_HEADERS, 'Content-Security-Policy': contentSecurityPolicy })
    .type('html')
    .send(html);
}

/** RFC 8414, with what RFC 9207 and client id metadata documents add. */
export function authorizationMetadata(issuer: string, registers: boolean): object {
  const at = (path: string): string => new URL(path, issuer).href;
  return {
    issuer,
    authorization_endpoint: at('/authorize'),
    token_endpoint: at('/token'),
    revocation_endpoint: at('/revoke'),
    ...(registers && { registration_endpoint: at('/register') }),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    scopes_supported: SCOPES,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  };
}

/** The SDK's own error redirects do not name the issuer, and RFC 9207 asks for it on those too. */
function nameIssuer(issuer: string) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    const redirect = response.redirect.bind(response);
    response.redirect = (status: number | string, to?: string | number): void => {
      const url = new URL(String(to ?? status));
      url.searchParams.set('iss', issuer);
      redirect(302, url.href);
    };
    next();
  };
}

function consentRoute(provider: OperatorProvider) {
  return (request: Request, response: Response): void => {
    const form = formShape.safeParse(request.body);
    if (!form.success) {
      response.status(400).json({ error: 'invalid_request' });
      return;
    }
    const { request: requestId, decision, code, scope, rights, dollars } = form.data;
    const outcome = provider.consent({
      requestId,
      allow: decision === 'allow',
      pairingCode: code,
      scopes: typeof scope === 'string' ? [scope] : scope,
      rights: parseClientRights(rights === 'open' ? `open:${dollars.trim()}` : rights),
    });
    if (outcome.kind === 'again') showConsent(response, outcome.view);
    else if (outcome.kind === 'redirect') response.redirect(302, outcome.to);
    else {
      const text = 'This request is over: start again in the client that sent you here.';
      response.status(410).set(PAGE_HEADERS).type('text').send(text);
    }
  };
}

/** Says that a request was wrong, and never why in our own words or with a stack. */
function onError(_error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) next();
  else response.status(400).json({ error: 'invalid_request' });
}

export type AuthorizationServer = (request: IncomingMessage, response: ServerResponse) => void;

/** Builds the server for its paths. */
export function authorizationServer(
  provider: OperatorProvider,
  options: { readonly issuer: string; readonly registers: boolean },
): AuthorizationServer {
  const { issuer, registers } = options;
  const app = express();
  app.disable('x-powered-by');
  app.get(METADATA_PATH, (_request, response) => {
    response.json(authorizationMetadata(issuer, registers));
  });
  // The address's own limit was asked already.
  const unlimited = { provider, rateLimit: false as const };
  app.use('/authorize', nameIssuer(issuer), authorizationHandler(unlimited));
  app.use('/token', tokenHandler(unlimited));
  app.use('/revoke', revocationHandler(unlimited));
  if (registers) {
    const { clientsStore } = provider;
    app.use('/register', clientRegistrationHandler({ clientsStore, rateLimit: false }));
  }
  app.post('/oauth/consent', express.urlencoded({ extended: false }), consentRoute(provider));
  app.use(onError);
  return app;
}
