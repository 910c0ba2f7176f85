import type { TestProject } from "vitest/node";

import type { ClusterAccess } from "./configuration.ts";
import { startKubeApiServer } from "./kube-apiserver.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The cluster under test, or null when none could be had and the tests are to skip. */
    kubeApiServer: ClusterAccess | null;
  }
}

/** Starts one kube-apiserver for the whole run and provides the way to it; gives its teardown. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const verbose = process.env.KUBE_REFLEX_TEST_LOG !== undefined;
  const cluster = await startKubeApiServer({
    progress: (line) => console.log(`test:cluster ${line}`),
    ...(verbose && { log: (line: string) => console.log(line) }),
  });
  if ("skipped" in cluster) {
    console.log(`test:cluster skipped: ${cluster.skipped}`);
    project.provide("kubeApiServer", null);
    return async () => {};
  }
  const { stop, ...access } = cluster;
  project.provide("kubeApiServer", access);
  return stop;
}
