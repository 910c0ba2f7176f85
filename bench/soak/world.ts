import { ApiError, type Cluster } from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";
import type { TestApiServer } from "kube-reflex/testing";
import { Cell, namespace, type Outside } from "./cell.ts";
import type { RandomNumbers } from "./random.ts";

/** Everybody who changes something besides the operator: users, and whoever meddles with what it made. */
export class World {
  changes = 0;
  /** Objects that were gone before their cleanup had run. */
  slips = 0;
  readonly #server: TestApiServer;
  readonly #cluster: Cluster;
  readonly #outside: Outside;
  readonly #size: number;
  readonly #random: RandomNumbers;

  constructor(
    server: TestApiServer,
    cluster: Cluster,
    outside: Outside,
    size: number,
    random: RandomNumbers,
  ) {
    this.#server = server;
    this.#cluster = cluster;
    this.#outside = outside;
    this.#size = size;
    this.#random = random;
  }

  create(): void {
    for (let i = 0; i < this.#size; i++) this.#server.create(Cell, this.#cell(`cell-${i}`));
  }

  /** Change one object, or bring it back where it is gone. */
  async change(): Promise<void> {
    this.changes += 1;
    const name = `cell-${Math.floor(this.#random() * this.#size)}`;
    const cell = this.#server.get(Cell, `${namespace}/${name}`);
    if (cell === undefined) {
      if (this.#outside.has(`${namespace}/${name}`)) this.slips += 1;
      this.#server.create(Cell, this.#cell(name));
    } else if (cell.metadata.deletionTimestamp !== undefined) return;
    else await this.#touch(name, cell);
  }

  /** Make sure that each object is there, so that there is one end to come to. */
  complete(): number {
    let missing = 0;
    for (let i = 0; i < this.#size; i++) {
      const cell = this.#server.get(Cell, `${namespace}/cell-${i}`);
      if (cell === undefined) this.#server.create(Cell, this.#cell(`cell-${i}`));
      if (cell === undefined || cell.metadata.deletionTimestamp !== undefined) missing += 1;
    }
    return missing;
  }

  /** What is not as it should be, by name. */
  different(): string[] {
    const outside = this.#outside;
    const children = new Map(
      this.#server
        .list(ConfigMap)
        .map(({ metadata, data }) => [`${metadata.namespace}/${metadata.name}`, data?.value]),
    );
    const cells = this.#server.list(Cell);
    const wrong = cells.flatMap(({ metadata, spec, status }) => {
      const key = `${metadata.namespace}/${metadata.name}`;
      const isRight =
        status?.value === spec.value &&
        children.get(key) === String(spec.value) &&
        outside.get(key) === spec.value;
      return isRight ? [] : [key];
    });
    if (outside.size !== cells.length) wrong.push(`${outside.size - cells.length} too many outside`);
    return wrong;
  }

  async #touch(name: string, cell: Cell): Promise<void> {
    const dice = this.#random();
    if (dice < 0.05) {
      // By a request: what has finalizers is only marked by it.
      await this.#cluster.resources(Cell).inNamespace(namespace).withName(name).delete().catch(unlessGone);
      return;
    }
    const key = `${namespace}/${name}`;
    const child = this.#server.get(ConfigMap, key);
    if (dice < 0.1 && child !== undefined) this.#server.delete(ConfigMap, key);
    else if (dice < 0.2 && child !== undefined)
      this.#server.update(ConfigMap, { ...child, data: { value: "meddled" } });
    else this.#server.update(Cell, { ...cell, spec: { value: this.#value() } });
  }

  #cell(name: string): Cell {
    return { metadata: { name, namespace }, spec: { value: this.#value() } };
  }

  #value(): number {
    return Math.floor(this.#random() * 1_000_000);
  }
}

function unlessGone(error: unknown): void {
  if (!ApiError.is(error) || error.status !== 404) throw error;
}
