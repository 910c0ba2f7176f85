import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import * as entry from "../../src/kinds/index.ts";
import {
  builtInKinds,
  computedKinds,
  NodeMetrics,
  olderVersions,
  PodMetrics,
} from "../../src/kinds/index.ts";
import { apiVersionOf, type Kind, resourceName } from "../../src/resource/kind.ts";
import { discovered } from "./discovered.ts";
import { definitionFiles } from "./generator/definitions.ts";
import { kindOfLine, lineOf } from "./generator/discovery-document.ts";
import { writeFormatted } from "./generator/write.ts";

const all = [...builtInKinds, ...computedKinds, ...olderVersions];
const ofOtherServers: readonly Kind[] = [NodeMetrics, PodMetrics];

describe("the built-in kinds", () => {
  it("say what kube-apiserver 1.36 says in discovery", () => {
    const own = all.filter((kind) => !ofOtherServers.includes(kind));
    expect(own.map(lineOf).sort()).toEqual([...discovered].sort());
  });

  it("are unique by group, version and plural, so two kinds of one name live side by side (P35)", () => {
    const keys = all.map((kind) => `${resourceName(kind)}/${kind.version}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(builtInKinds.filter((kind) => kind.kind === "Event").map(apiVersionOf)).toEqual([
      "v1",
      "events.k8s.io/v1",
    ]);
  });

  it("are frozen all through: one program's part cannot change another's", () => {
    for (const list of [builtInKinds, computedKinds, olderVersions]) expect(Object.isFrozen(list)).toBe(true);
    for (const kind of all) {
      expect(Object.isFrozen(kind)).toBe(true);
      expect(Object.isFrozen(kind.subresources)).toBe(true);
      expect(Object.isFrozen(kind.verbs)).toBe(true);
      expect(Object.isFrozen(kind.shortNames)).toBe(true);
      expect(Object.isFrozen(kind.categories)).toBe(true);
    }
  });

  it("are all exported under their names and all listed", () => {
    const { builtInKinds: _, computedKinds: __, olderVersions: ___, ...exported } = entry;
    expect(new Set(Object.values<Kind>(exported))).toEqual(new Set(all));
    for (const [name, kind] of Object.entries<Kind>(exported)) {
      const isOther = name === "EventsV1Event" || name === "AutoscalingV1HorizontalPodAutoscaler";
      expect(isOther ? name.replace(/^[A-Z][a-z]+V1/, "") : name).toBe(kind.kind);
    }
  });

  it("have no short name, singular or plural twice within one group", () => {
    const seen = new Set<string>();
    for (const kind of [...builtInKinds, ...computedKinds]) {
      for (const name of new Set([kind.plural, kind.singular, ...kind.shortNames])) {
        expect(seen).not.toContain(`${kind.group}/${name}`);
        seen.add(`${kind.group}/${name}`);
      }
    }
  });

  it("are listed by what can be done with them: what is stored can be watched, what is computed cannot", () => {
    for (const { verbs } of [...builtInKinds, ...olderVersions]) {
      expect(verbs).toEqual(expect.arrayContaining(["create", "delete", "get", "list", "patch", "watch"]));
    }
    for (const { verbs } of computedKinds) {
      for (const verb of ["watch", "delete", "update", "patch"]) expect(verbs).not.toContain(verb);
    }
    expect(computedKinds.filter(({ verbs }) => verbs.join() === "create").map(({ kind }) => kind)).toEqual([
      "Binding",
      "TokenReview",
      "SelfSubjectReview",
      "SubjectAccessReview",
      "LocalSubjectAccessReview",
      "SelfSubjectAccessReview",
      "SelfSubjectRulesReview",
    ]);
  });

  it("have one version each in `builtInKinds`, the others apart", () => {
    const names = builtInKinds.map(resourceName);
    expect(new Set(names).size).toBe(names.length);
    for (const kind of olderVersions) expect(names).toContain(resourceName(kind));
  });

  it("are left out of a bundled program that does not use them", async () => {
    const bundled = async (contents: string): Promise<string> => {
      const stdin = { contents, resolveDir: fileURLToPath(new URL("../../src/kinds", import.meta.url)) };
      const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false });
      return outputFiles[0]?.text ?? "";
    };
    // As in the package: all of them are in one file.
    const packed = await bundled('export * from "./index.ts";');
    const [imports = ""] = /^export \{[^}]*\bPod\b[^}]*\};$/m.exec(packed) ?? [];
    expect(imports).toContain("Deployment");
    const program = await bundled(packed.replace(imports, "console.log(Pod);"));
    expect(program.match(/^ *plural: ".*$/gm)).toEqual(['  plural: "pods",']);
  });

  it("are all in the documentation", () => {
    const page = readFileSync(new URL("../../docs/kinds.md", import.meta.url), "utf8");
    for (const name of Object.keys(entry)) expect(page).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

describe("the generator of kinds", () => {
  const folder = mkdtempSync(join(tmpdir(), "kube-reflex-kinds-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("writes the files that are there, from what discovery was recorded to say", { timeout: 60_000 }, () => {
    const files = definitionFiles(discovered.map(kindOfLine));
    writeFormatted(files, folder);
    for (const file of files.keys()) {
      const there = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
      expect(readFileSync(join(folder, file), "utf8"), file).toBe(there);
    }
  });
});
