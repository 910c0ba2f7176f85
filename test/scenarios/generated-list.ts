/** How a generated collection is written. */
export interface GeneratedListOptions {
  readonly count: number;
  /** One object's size on the wire, about. */
  readonly objectBytes: number;
  /** One list's body, or a streaming list's frames with the marker last. */
  readonly style: "paged" | "streaming";
  /** Called now and then, as the client reads. */
  readonly onProgress?: () => void;
}

/** The resourceVersion that the whole collection is at. */
export const generatedVersion = "9000000";

const digits = 6;
const mark = "#".repeat(digits);
const perBlock = 32;
const chunkBytes = 64 * 1024;

/** What an object has that nobody here reads: its bulk, as managedFields and a container's environment. */
function bulk(bytes: number): { readonly fields: object; readonly env: object[] } {
  const pairs = Math.max(0, Math.round(bytes / 97));
  const fields = Object.fromEntries(
    Array.from({ length: pairs }, (_, index) => [
      `f:field-${index}`,
      { "k:{type}": { ".": {}, "f:status": {} } },
    ]),
  );
  const env = Array.from({ length: pairs }, (_, index) => ({
    name: `SETTING_${index}`,
    value: '"quoted" {[é]}',
  }));
  return { fields, env };
}

function template(objectBytes: number): string {
  const { fields, env } = bulk(objectBytes - 400);
  const isSmall = objectBytes < 500;
  return JSON.stringify({
    metadata: {
      name: `pod-${mark}`,
      namespace: "big",
      uid: `0b6a3f1e-0000-4000-8000-000000${mark}`,
      resourceVersion: `8${mark}`,
      labels: { app: "web", shard: `s${mark}` },
      ...(isSmall ? {} : { managedFields: [{ manager: "kubelet", operation: "Update", fieldsV1: fields }] }),
    },
    ...(isSmall ? {} : { spec: { nodeName: "n1", containers: [{ name: "web", image: "web:1", env }] } }),
    status: { phase: "Running" },
  });
}

function placesOf(block: Buffer): number[] {
  const places: number[] = [];
  for (let at = block.indexOf(mark); at !== -1; at = block.indexOf(mark, at + digits)) places.push(at);
  return places;
}

/**
 * The bytes of a large collection, made as they are asked for, from one template.
 *
 * Never more than one block exists here: what memory the client takes is its own.
 */
export function* generatedList(options: GeneratedListOptions): Generator<Uint8Array, void, void> {
  const { count, objectBytes, style, onProgress } = options;
  const object = template(objectBytes);
  const isList = style === "paged";
  const item = isList ? object : `{"type":"ADDED","object":${object}}\n`;
  const metadata = `"metadata":{"resourceVersion":"${generatedVersion}"}`;
  if (isList) yield Buffer.from(`{"kind":"PodList","apiVersion":"v1",${metadata},"items":[`);
  const block = Buffer.from(`${item}${isList ? "," : ""}`.repeat(perBlock));
  const places = placesOf(block);
  const perItem = places.length / perBlock;
  const itemBytes = block.length / perBlock;
  for (let first = 0; first < count; first += perBlock) {
    const items = Math.min(perBlock, count - first);
    const isLast = first + items === count;
    const bytes = Buffer.from(block.subarray(0, items * itemBytes - (isLast && isList ? 1 : 0)));
    for (const [index, place] of places.slice(0, items * perItem).entries()) {
      bytes.write(String(first + Math.floor(index / perItem)).padStart(digits, "0"), place, "latin1");
    }
    // Chunks end anywhere, as they do on a socket.
    for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
    if ((first / perBlock) % 64 === 0) onProgress?.();
  }
  if (isList) yield Buffer.from("]}");
  else {
    const annotations = `"annotations":{"k8s.io/initial-events-end":"true"}`;
    const bookmark = `{"metadata":{"resourceVersion":"${generatedVersion}",${annotations}}}`;
    yield Buffer.from(`{"type":"BOOKMARK","object":${bookmark}}\n`);
  }
}
