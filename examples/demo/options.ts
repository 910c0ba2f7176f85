import { parseArgs } from "node:util";
import type { FollowOptions } from "./follow.ts";

/** What the demo is asked to do. */
export type DemoOptions =
  | { readonly type: "embedded" }
  | { readonly type: "follow"; readonly options: FollowOptions }
  | { readonly type: "refused"; readonly message: string };

const options = {
  kubeconfig: { type: "string" },
  context: { type: "string" },
  resource: { type: "string" },
  namespace: { type: "string" },
} as const;

/** Read the command line; what makes no sense is refused, with one line that says why. */
export function demoOptions(args: readonly string[]): DemoOptions {
  try {
    const { kubeconfig, context, resource, namespace } = parseArgs({ args: [...args], options }).values;
    if (kubeconfig === undefined) {
      const stray = Object.entries({ context, resource, namespace })
        .filter(([, value]) => value !== undefined)
        .map(([name]) => `--${name}`);
      if (stray.length === 0) return { type: "embedded" };
      const need = stray.length === 1 ? "needs" : "need";
      const message = `${stray.join(" and ")} ${need} --kubeconfig FILE: without it the demo runs on its own server`;
      return { type: "refused", message };
    }
    if (kubeconfig === "") return { type: "refused", message: "--kubeconfig needs the path of a file" };
    return { type: "follow", options: { kubeconfig, context, resource: resource ?? "pods", namespace } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { type: "refused", message: message.replaceAll(/\s*\n\s*/g, " ") };
  }
}
