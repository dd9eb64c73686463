/** A browser that the operator let in: the headers that it sends from the engine's own page. */
import type { PairingDesk } from '../../src/web/oauth/pairing.ts';

export async function letInBrowser(
  base: string,
  pairing: PairingDesk,
): Promise<Record<string, string>> {
  const page = { 'Content-Type': 'application/json', Origin: base };
  const body = JSON.stringify({ code: pairing.issue().code });
  const reply = await fetch(`${base}/approve/browser`, { method: 'POST', headers: page, body });
  const [cookie = ''] = reply.headers.getSetCookie();
  const { key } = (await reply.json()) as { key: string };
  return { ...page, Cookie: cookie.split(';')[0] ?? '', 'X-Deltaring-Key': key };
}
