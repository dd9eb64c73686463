/** What is told once, by a key, until whoever told it takes the key away. */
import type { DeskContext } from '../desk-context.ts';

/** Tells something unless it was told under this key. */
export function tellOnce(desk: DeskContext, key: string, say: () => void): void {
  if (desk.day.toldOnce.has(key)) return;
  desk.day.toldOnce.add(key);
  say();
}
