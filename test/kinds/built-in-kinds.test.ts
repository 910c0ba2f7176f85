import { describe, expect, it } from "vitest";
import * as entry from "../../src/kinds/index.ts";
import { builtInKinds } from "../../src/kinds/index.ts";
import { apiVersionOf, type Kind, resourceName } from "../../src/resource/kind.ts";
import { discovered } from "./discovered.ts";

const line = (kind: Kind): string =>
  [
    apiVersionOf(kind),
    kind.plural,
    kind.kind,
    kind.scope,
    kind.singular,
    kind.shortNames.join(","),
    kind.categories.join(","),
    kind.subresources.join(","),
  ].join(" | ");

describe("the built-in kinds", () => {
  it("say what kube-apiserver 1.36 says in discovery", () => {
    expect(builtInKinds.map(line).sort()).toEqual([...discovered].sort());
  });

  it("are unique by group, version and plural, so two kinds of one name live side by side (P35)", () => {
    const keys = builtInKinds.map((kind) => `${resourceName(kind)}/${kind.version}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(builtInKinds.filter((kind) => kind.kind === "Event").map(apiVersionOf)).toEqual([
      "v1",
      "events.k8s.io/v1",
    ]);
  });

  it("are frozen all through: one program's part cannot change another's", () => {
    expect(Object.isFrozen(builtInKinds)).toBe(true);
    for (const kind of builtInKinds) {
      expect(Object.isFrozen(kind)).toBe(true);
      expect(Object.isFrozen(kind.subresources)).toBe(true);
      expect(Object.isFrozen(kind.shortNames)).toBe(true);
      expect(Object.isFrozen(kind.categories)).toBe(true);
    }
  });

  it("are all exported under their names and all listed", () => {
    const { builtInKinds: listed, ...exported } = entry;
    expect(new Set(Object.values<Kind>(exported))).toEqual(new Set(listed));
    for (const [name, kind] of Object.entries<Kind>(exported)) {
      expect(name === "EventsV1Event" ? "Event" : name).toBe(kind.kind);
    }
  });

  it("have no short name, singular or plural twice within one group", () => {
    const seen = new Set<string>();
    for (const kind of builtInKinds) {
      for (const name of new Set([kind.plural, kind.singular, ...kind.shortNames])) {
        expect(seen).not.toContain(`${kind.group}/${name}`);
        seen.add(`${kind.group}/${name}`);
      }
    }
  });
});
