/** The page on which the operator agrees to a client, with a code from the console. */
import { createHash } from 'node:crypto';
import type { Scope } from '../../mcp/scopes.ts';
import { SCOPE_WORDS } from '../../mcp/scopes.ts';
import type { Page } from '../dashboard-page.ts';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 34rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.25rem }
code { font-size: 1.05em; overflow-wrap: anywhere }
.amount { white-space: nowrap }
label { display: block; margin: .35rem 0 }
input[name=code] { font: inherit; letter-spacing: .1em; width: 12rem; padding: .4rem }
fieldset { border: 1px solid color-mix(in srgb, currentColor 30%, transparent); margin: .6rem 0 }
input[name=dollars] { font: inherit; padding: .15rem .3rem }
button { font: inherit; padding: .5rem 1.2rem; margin-right: .5rem }
.fault { border-left: .3rem solid #c33; padding-left: .7rem }
.where { opacity: .75 }
`;
const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export interface ConsentView {
  readonly requestId: string;
  readonly clientName: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly Scope[];
  readonly fault?: string | undefined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark);
}

function box(scope: Scope): string {
  return `<label><input type="checkbox" name="scope" value="${scope}" checked> ${SCOPE_WORDS[scope]}</label>`;
}

/** What a client that may send orders may open. Nothing, until the human chooses otherwise. */
const OPENING_FIELDS = `<fieldset><legend>Of the orders it sends, it may</legend>
<label><input type="radio" name="rights" value="reduce-only" checked> only close and reduce</label>
<label><input type="radio" name="rights" value="open"> open, while all it has open can lose at most
<span class="amount">$ <input name="dollars" inputmode="decimal" size="7" aria-label="Dollars"></span></label>
<label><input type="radio" name="rights" value="full"> open within the engine's own limits</label>
</fieldset>`;

/** Where a browser may go when the form is sent: here, and on to the client. */
function formTargets(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri);
  return origin === 'null' ? protocol : origin;
}

/** The page. Everything that a client said of itself is escaped and shown as text. */
export function consentPage(view: ConsentView): Page {
  const { requestId, clientName, clientId, redirectUri, scopes, fault } = view;
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>deltaring: connect a client</title><style>${STYLE}</style></head><body>
<h1>${escaped(clientName)} wants to use this engine</h1>
<p class="where">It calls itself <code>${escaped(clientId)}</code> and will be answered at
<code>${escaped(redirectUri)}</code>. Go on only if you have just started this yourself.</p>
<form method="post" action="/oauth/consent">
<input type="hidden" name="request" value="${escaped(requestId)}">
<p>It may:</p>
${scopes.map(box).join('\n')}
${scopes.includes('trade.execute') ? OPENING_FIELDS : ''}
<p>Type the code that <code>deltaring pair</code> shows on the engine's machine:</p>
${fault === undefined ? '' : `<p class="fault" role="alert">${escaped(fault)}</p>`}
<p><input name="code" aria-label="Pairing code" autocomplete="off" autofocus maxlength="32"></p>
<p><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Refuse</button></p>
</form></body></html>
`;
  const contentSecurityPolicy = [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    "base-uri 'none'",
    `form-action 'self' ${formTargets(redirectUri)}`,
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, contentSecurityPolicy };
}
