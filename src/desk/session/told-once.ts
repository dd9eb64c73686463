/** What is told once a session, by a key. */
import type { DeskContext } from '../desk-context.ts';

/** Tells something unless it was told under this key. */
export function tellOnce(desk: DeskContext, key: string, say: () => void): void {
  if (desk.day.toldOnce.has(key)) return;
  desk.day.toldOnce.add(key);
  say();
}
