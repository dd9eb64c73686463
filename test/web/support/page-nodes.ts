/** As much of a document as the scripts of the pages touch. */
export class PageNode {
  readonly children: PageNode[] = [];
  textContent = '';
  className = '';
  hidden = true;
  onclick: () => unknown = () => undefined;
  append(...nodes: PageNode[]): void {
    this.children.push(...nodes);
  }
  replaceChildren(...nodes: PageNode[]): void {
    this.children.splice(0, this.children.length, ...nodes);
  }
  addEventListener(): void {}
  setAttribute(): void {}
  toggleAttribute(name: string, isSet: boolean): void {
    if (name === 'hidden') this.hidden = isSet;
  }
  get text(): string {
    return [this.textContent, ...this.children.map((child) => child.text)].join(' ');
  }
}

/** What stands inside the one tag of that name. */
export function inner(html: string, tag: string): string {
  return new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? '';
}

/** The nodes of one page, each made when it is asked for. */
export class PageNodes {
  readonly #nodes = new Map<string, PageNode>();
  readonly byId = (id: string): PageNode => {
    const node = this.#nodes.get(id) ?? new PageNode();
    this.#nodes.set(id, node);
    return node;
  };
}
