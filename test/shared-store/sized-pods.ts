import { ParsedRecord } from "../../src/resource/watch-event.ts";
import type { Pod } from "../store/pods.ts";

/** A pod whose JSON takes about so many bytes. */
export function sized(key: string, resourceVersion: string, bytes: number): ParsedRecord<Pod> {
  const [namespace = "", name = ""] = key.split("/");
  const object: Pod = {
    metadata: { namespace, name, resourceVersion },
    spec: { nodeName: "n".repeat(Math.max(1, bytes - 90)) },
  };
  return new ParsedRecord(key, `uid-${key}`, resourceVersion, object);
}
