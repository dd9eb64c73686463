/**
 * Tells subscribers that a resource changed, at most once a second each: a change is noticed by a
 * version that is looked at on a beat, so a thousand ticks cost one message. Main thread only.
 */
import type { EngineApi } from '../desk/engine-api.ts';
import type { ResourceTemplate } from './resource-templates.ts';
import { resourceTemplatesOf } from './resource-templates.ts';
import type { Resource } from './resources.ts';
import { ALERTS, AUDIT_HEAD, CHAIN, POSITIONS, resourcesOf } from './resources.ts';
import { every } from './timers-shell.ts';

/** The shortest time between two updates of one resource. */
export const UPDATE_EVERY_MILLIS = 1_000;

/** Who wants to hear of one resource. */
export type UpdateListener = (uri: string) => void;

interface Followed {
  readonly listeners: Set<UpdateListener>;
  version: string;
}

export class ResourceDesk {
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplate[];
  readonly #api: EngineApi;
  readonly #followed = new Map<string, Followed>();
  #positionChanges = 0;
  #alertChanges = 0;
  #stopEvents: (() => void) | undefined;
  #stopBeat: (() => void) | undefined;

  constructor(api: EngineApi) {
    this.#api = api;
    this.resources = resourcesOf(api.identity.underlying);
    this.templates = resourceTemplatesOf(api);
  }

  find(uri: string): Resource | undefined {
    return this.resources.find((resource) => resource.uri === uri);
  }

  /** Follows a resource until the returned function is called. */
  follow(resource: Resource, listener: UpdateListener): () => void {
    this.#start();
    const { uri } = resource;
    const followed = this.#followed.get(uri) ?? {
      listeners: new Set(),
      version: this.#versionOf(resource),
    };
    this.#followed.set(uri, followed);
    followed.listeners.add(listener);
    return () => {
      followed.listeners.delete(listener);
      if (followed.listeners.size === 0) this.#followed.delete(uri);
      if (this.#followed.size === 0) this.close();
    };
  }

  /** Looks for changes and tells them. Runs on the beat. */
  beat(): void {
    for (const [uri, followed] of this.#followed) {
      const resource = this.find(uri);
      const version = resource === undefined ? '' : this.#versionOf(resource);
      if (version === followed.version) continue;
      followed.version = version;
      for (const listener of followed.listeners) listener(uri);
    }
  }

  /** Stops the beat. */
  close(): void {
    this.#stopBeat?.();
    this.#stopEvents?.();
    this.#stopBeat = undefined;
    this.#stopEvents = undefined;
  }

  #start(): void {
    this.#stopBeat ??= every(UPDATE_EVERY_MILLIS, () => this.beat());
    this.#stopEvents ??= this.#api.onEvent(({ kind }) => {
      if (kind === 'alert' || kind === 'alerts') this.#alertChanges += 1;
      if (kind === 'positions' || kind === 'order') this.#positionChanges += 1;
    });
  }

  #versionOf({ name }: Resource): string {
    if (name === CHAIN) return String(this.#api.chain()?.epoch);
    if (name === POSITIONS) return String(this.#positionChanges);
    if (name === ALERTS) return String(this.#alertChanges);
    if (name !== AUDIT_HEAD) return '';
    const { hash, sealed } = this.#api.auditHead();
    return `${hash} ${sealed?.checkpoint}`;
  }
}
