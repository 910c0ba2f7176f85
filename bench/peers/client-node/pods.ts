import {
  CoreV1Api,
  type Informer,
  KubeConfig,
  makeInformer,
  type V1ConfigMap,
  type V1Pod,
} from "@kubernetes/client-node";
import { task } from "../../contestants/contestant.ts";

export function kubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(task.kubeconfig);
  return config;
}

export function podInformer(): Informer<V1Pod> {
  const config = kubeConfig();
  const api = config.makeApiClient(CoreV1Api);
  return makeInformer(config, "/api/v1/pods", () => api.listPodForAllNamespaces());
}

export function configMapInformer(): Informer<V1ConfigMap> {
  const config = kubeConfig();
  const api = config.makeApiClient(CoreV1Api);
  return makeInformer(config, "/api/v1/configmaps", () => api.listConfigMapForAllNamespaces());
}
