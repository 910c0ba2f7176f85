import { benchPod } from "../pods.ts";

/** Objects of one kind that a server answers with; made anew for each number, always the same. */
export interface PreparedKind {
  readonly kind: string;
  readonly plural: string;
  /** An object as the API server writes it, from `metadata` on and without the brace before it. */
  body(index: number, resourceVersion: number): string;
}

/** Versions have one width, so that they can be written over in place. */
export const firstVersion = 10_000_000;
/** Stands where frames that are sent at a pace carry the time; as wide as any of them. */
export const noTime: string = "0".repeat(16);
export const timeField = '"bench.example.com/sent-us":"';
export const versionField = '"resourceVersion":"';
/** The name of the object that ends a row of events. */
export const lastName = "zz-last";

/** A value of an object that depends on its number or version: the text it has in the object that all are made from. */
type Variable = readonly [text: string, of: (index: number, resourceVersion: number) => string];

/** Fill in a text again and again: a hundred thousand objects would take long to put together from their fields. */
function template(text: string, variables: readonly Variable[]): PreparedKind["body"] {
  const parts: (string | Variable[1])[] = [text];
  for (const [from, of] of variables) {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (typeof part !== "string") continue;
      const pieces = part.split(from);
      parts.splice(i, 1, ...pieces.flatMap((piece, at) => (at === 0 ? [piece] : [of, piece])));
    }
  }
  return (index, resourceVersion) => {
    let body = "";
    for (const part of parts) body += typeof part === "string" ? part : part(index, resourceVersion);
    return body;
  };
}

/** A pod of 4.8 KB, 1.1 KB of them managedFields, in the order of keys of built-in kinds. */
function podBody(): PreparedKind["body"] {
  const { metadata, spec, status } = benchPod(0, firstVersion);
  const container = spec?.containers[0];
  const fields = Object.fromEntries(
    Array.from({ length: 15 }, (_, i) => [
      `k:{"name":"SETTING_${i}"}`,
      { ".": {}, "f:name": {}, "f:value": {} },
    ]),
  );
  const managed = metadata.managedFields?.map((entry) => ({
    ...entry,
    fieldsV1: {
      "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
      "f:spec": { "f:containers": fields },
    },
  }));
  const more = Array.from({ length: 10 }, (_, i) => ({
    name: `EXTRA_${i}`,
    value: `value-${i}-of-${metadata.name}`,
  }));
  const text = JSON.stringify({
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, "bench.example.com/sent-us": noTime },
      managedFields: managed,
    },
    spec: { ...spec, containers: [{ ...container, env: [...(container?.env ?? []), ...more] }] },
    status,
  }).slice(1);
  return template(text, [
    ["web-0", (index) => `web-${index}`],
    ['"ns-0"', (index) => `"ns-${index % 20}"`],
    [`4000-8000-${"0".repeat(12)}`, (index) => `4000-8000-${String(index).padStart(12, "0")}`],
    [String(firstVersion), (_, resourceVersion) => String(resourceVersion)],
    ['"front"', (index) => (index % 2 === 0 ? '"front"' : '"back"')],
    ['"node-0"', (index) => `"node-${index % 100}"`],
    ['"10.0.0.0"', (index) => `"10.0.${index % 250}.${(index * 7) % 250}"`],
  ]);
}

/** A ConfigMap of 300 bytes; a hundred to an `app`. */
function configMapBody(): PreparedKind["body"] {
  const metadata = {
    name: "settings-0",
    namespace: "ns-0",
    uid: `00000000-0000-4000-8000-${"0".repeat(12)}`,
    resourceVersion: String(firstVersion),
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { app: "app-0" },
  };
  return template(JSON.stringify({ metadata, data: { mode: "fast", note: "of no further use" } }).slice(1), [
    ["settings-0", (index) => `settings-${index}`],
    ["ns-0", (index) => `ns-${index % 1000}`],
    [`4000-8000-${"0".repeat(12)}`, (index) => `4000-8000-${String(index).padStart(12, "0")}`],
    [String(firstVersion), (_, resourceVersion) => String(resourceVersion)],
    ["app-0", (index) => `app-${Math.floor(index / 100)}`],
  ]);
}

export const kinds: Readonly<Record<string, PreparedKind>> = {
  pods: { kind: "Pod", plural: "pods", body: podBody() },
  configmaps: { kind: "ConfigMap", plural: "configmaps", body: configMapBody() },
};
