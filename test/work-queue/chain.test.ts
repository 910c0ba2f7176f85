import { describe, expect, it } from "vitest";
import { Chain, type Link } from "../../src/work-queue/chain.ts";

class Node implements Link<Node> {
  readonly name: string;
  previous: Node | undefined = undefined;
  next: Node | undefined = undefined;

  constructor(name: string) {
    this.name = name;
  }
}

function chained(names: string): { chain: Chain<Node>; nodes: Map<string, Node> } {
  const chain = new Chain<Node>();
  const nodes = new Map(Array.from(names, (name) => [name, new Node(name)]));
  for (const node of nodes.values()) chain.push(node);
  return { chain, nodes };
}

function rest(chain: Chain<Node>): string {
  let names = "";
  for (let node = chain.shift(); node !== undefined; node = chain.shift()) names += node.name;
  return names;
}

describe("Chain", () => {
  it("gives its nodes in their order", () => {
    const { chain } = chained("abc");
    expect(chain.first?.name).toBe("a");
    expect([rest(chain), chain.first, chain.shift()]).toEqual(["abc", undefined, undefined]);
  });

  it.each(["a", "b", "c"])("lets %s leave, and holds and is held by nobody of it (Q13)", (name) => {
    const { chain, nodes } = chained("abc");
    const node = nodes.get(name) ?? new Node("missing");
    chain.remove(node);
    expect([node.previous, node.next]).toEqual([undefined, undefined]);
    chain.push(new Node("d"));
    expect(rest(chain)).toBe("abcd".replace(name, ""));
  });

  it("can be emptied and used again", () => {
    const { chain, nodes } = chained("a");
    for (const node of nodes.values()) chain.remove(node);
    expect(chain.first).toBe(undefined);
    chain.push(new Node("b"));
    expect(rest(chain)).toBe("b");
  });
});
