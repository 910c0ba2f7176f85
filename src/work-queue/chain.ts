/** What can stand in a {@link Chain}: it holds its own neighbours. */
export interface Link<N> {
  previous: N | undefined;
  next: N | undefined;
}

/**
 * A list in which everything can be left in O(1), also from its middle, without a trace.
 *
 * A node stands in one chain at a time; one that left holds nobody (Q13).
 */
export class Chain<N extends Link<N>> {
  #first: N | undefined;
  #last: N | undefined;

  get first(): N | undefined {
    return this.#first;
  }

  push(node: N): void {
    const last = this.#last;
    node.previous = last;
    if (last === undefined) this.#first = node;
    else last.next = node;
    this.#last = node;
  }

  shift(): N | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Take out a node that stands in this chain. */
  remove(node: N): void {
    const { previous, next } = node;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    node.previous = undefined;
    node.next = undefined;
  }
}
