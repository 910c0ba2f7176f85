import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, withServer } from "../harness/bench.ts";
import { type ProfileSummary, summariseProfile } from "../profile.ts";

/** A profile of one of the two main paths. */
export interface NamedProfile {
  readonly title: string;
  readonly summary: ProfileSummary;
}

/** Profile the way to handlers and the way to keys, each from the start of the process to its end. */
export function takeProfiles(bench: Bench): Promise<NamedProfile[]> {
  return withServer(bench, { kind: "pods", objects: 10_000 }, async (field) => {
    const profiled = async (title: string, scenario: string, variant: string, events: number) => {
      const folder = mkdtempSync(join(tmpdir(), "kube-reflex-profile-"));
      try {
        bench.progress(title);
        const nodeArguments = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=500"];
        await field.ours(scenario, "plain", { variant, events, nodeArguments }).run();
        const [file = ""] = readdirSync(folder);
        return { title, summary: summariseProfile(readFileSync(join(folder, file), "utf8")) };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    };
    return [
      await profiled("Watch to handler, 60,000 events", "handler", "objects", 60_000),
      await profiled("Watch to keys, 200,000 events, a store of bytes", "keys", "bytes", 200_000),
    ];
  });
}
