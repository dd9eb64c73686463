/** The dashboard's page: one file with its style and script inside, allowed by their hashes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** The CSP source of a page's one inline script or style. */
export function inlineHash(html: string, tag: 'script' | 'style'): string {
  const inner = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? '';
  return `'sha256-${createHash('sha256').update(inner).digest('base64')}'`;
}

/** The policy of a page that runs its own one script, speaks to this server alone and loads nothing. */
export function ownPagePolicy(html: string): string {
  return [
    "default-src 'none'",
    `script-src ${inlineHash(html, 'script')}`,
    `style-src ${inlineHash(html, 'style')}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Reads the page, which holds no data: that comes by /events, with the same checks as all else. */
export function readDashboardPage(): Page {
  const html = readFileSync(new URL('dashboard.html', import.meta.url), 'utf8');
  return { html, contentSecurityPolicy: ownPagePolicy(html) };
}
