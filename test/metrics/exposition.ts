import type { Registry } from "prom-client";

/** One metric as Prometheus reads it. */
export interface Family {
  readonly type: string;
  readonly help: string;
  /** The names of the labels of its samples, `le` aside. */
  readonly labels: string[];
  /** The upper bounds of its buckets. */
  readonly buckets: number[];
  /** Value by sample: `name{a="b"}`. */
  readonly samples: Map<string, number>;
}

const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const label = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

/** Read a registry's text as a Prometheus server does. */
export async function scrape(register: Registry): Promise<Map<string, Family>> {
  const families = new Map<string, Family>();
  let current: Family | undefined;
  for (const line of (await register.metrics()).split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      current = { type: "", help: rest, labels: [], buckets: [], samples: new Map() };
      families.set(name, current);
    } else if (keyword === "TYPE" && current !== undefined) {
      current = { ...current, type: rest };
      families.set(name, current);
    } else if (current !== undefined && line !== "") {
      read(line, current);
    }
  }
  return families;
}

function read(line: string, { labels, buckets, samples }: Family): void {
  const [, , pairs = "", value = ""] = sample.exec(line) ?? [];
  for (const [, name = "", text = ""] of pairs.matchAll(label)) {
    if (name !== "le") {
      if (!labels.includes(name)) labels.push(name);
    } else if (text !== "+Inf" && !buckets.includes(Number(text))) buckets.push(Number(text));
  }
  samples.set(line.slice(0, line.lastIndexOf(" ")), Number(value));
}

/** The values of one metric: label values, joined by `,`, to a number; of a histogram its sum and count. */
export async function valuesOf(register: Registry, name: string): Promise<Record<string, number>> {
  const family = (await scrape(register)).get(name);
  const values: Record<string, number> = {};
  for (const [key, value] of family?.samples ?? []) {
    if (key.startsWith(`${name}_bucket`)) continue;
    const suffix = key.slice(name.length).split("{")[0];
    const texts = Array.from(key.matchAll(label), ([, , text]) => text).join(",");
    values[`${texts}${suffix}`] = value;
  }
  return values;
}
