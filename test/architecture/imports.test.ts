import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../src", import.meta.url));

// Data moves down this list; imports never do. `type:` marks a type-only edge.
const mayImport: Record<string, string> = {
  base: "",
  resource: "base",
  bytes: "base resource",
  kinds: "resource",
  config: "base",
  transport: "base config",
  client: "base resource bytes transport",
  manifests: "base resource kinds client",
  streams: "base resource transport client",
  watch: "base resource bytes type:client type:transport",
  reflector: "base resource watch",
  "delta-fifo": "base resource bytes type:reflector",
  store: "base resource bytes",
  "shared-store": "base resource bytes store",
  informer: "base resource bytes watch reflector delta-fifo store",
  "work-queue": "base",
  controller: "base resource type:store type:informer work-queue",
  "leader-election": "base resource type:client",
  events: "base resource type:client",
  manager: "base controller leader-election type:informer",
  metrics: "base",
  cluster:
    "base resource bytes kinds config transport client manifests streams watch reflector delta-fifo store informer work-queue controller type:workers",
  workers: "base resource controller shared-store type:transport",
  "worker-thread":
    "base resource client cluster controller informer store shared-store workers type:transport",
  apiserver: "base resource kinds type:transport",
  testing:
    "base resource kinds config transport client manifests streams watch reflector delta-fifo store informer work-queue controller cluster apiserver",
};

interface Import {
  readonly isType: boolean;
  /** Loaded when that line is reached. */
  readonly isLazy: boolean;
  readonly to: string;
}

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
  .map((file) => file.split(sep).join("/"));

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(root, file), "utf8");
  const pattern = /^(?:import|export) (type )?[^'";]*?from ["']([^"']+)["']/gms;
  const lazy = /\bimport\(\s*["']([^"']+)["']\s*\)/g;
  return [
    ...[...text.matchAll(pattern)].map(([, type, to = ""]) => ({
      isType: type !== undefined,
      isLazy: false,
      to,
    })),
    ...[...text.matchAll(lazy)].map(([, to = ""]) => ({ isType: false, isLazy: true, to })),
  ];
}

function roomOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "";
}

describe("architecture", () => {
  it.each(files.filter((file) => roomOf(file) !== ""))("%s imports only what its room may", (file) => {
    const room = roomOf(file);
    expect(Object.keys(mayImport), `the room ${room} is not in the table`).toContain(room);
    const allowed = (mayImport[room] ?? "").split(" ");
    const wrong = importsOf(file)
      .filter(({ to }) => to.startsWith("."))
      .map(({ isType, to }) => ({
        isType,
        room: roomOf(
          relative(root, resolve(root, dirname(file), to))
            .split(sep)
            .join("/"),
        ),
      }))
      .filter(
        (edge) =>
          edge.room !== room &&
          !allowed.includes(edge.room) &&
          !(edge.isType && allowed.includes(`type:${edge.room}`)),
      );
    expect(wrong).toEqual([]);
  });

  it("loads client-node nowhere at import time: it costs 400 ms and 83 MB", () => {
    const eager = files.flatMap((file) =>
      importsOf(file)
        .filter(({ isType, isLazy, to }) => !isType && !isLazy && to === "@kubernetes/client-node")
        .map(() => file),
    );
    expect(eager).toEqual([]);
  });

  it("keeps time that fake clocks cannot move, and randomness that no seed fixes, at the edges", () => {
    const edges = /^(transport|apiserver\/http|testing)\//;
    const wrong = files.filter(
      (file) =>
        !edges.test(file) &&
        /AbortSignal\.timeout|timers\/promises|randomUUID/.test(readFileSync(resolve(root, file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });

  it.each(files)("%s has at most 400 lines and says by its name what it holds", (file) => {
    expect(readFileSync(resolve(root, file), "utf8").split("\n").length).toBeLessThanOrEqual(401);
    expect(file).not.toMatch(/(^|\/)(utils?|helpers?|common|types|misc)\.ts$/);
    expect(file).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/);
  });

  it("keeps files short: half of them have about 100 lines or fewer", () => {
    const lengths = files
      .map((file) => readFileSync(resolve(root, file), "utf8").split("\n").length)
      .sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(130);
  });
});
