import type { Pod } from "kube-reflex/kinds";

/** A pod of about 4.8 KB as an API server writes it, managedFields included. */
export function benchPod(index: number, resourceVersion: number): Pod {
  const name = `web-${index}`;
  const env = Array.from({ length: 12 }, (_, i) => ({
    name: `SETTING_${i}`,
    value: `value-${i}-of-${name}-${"x".repeat(24)}`,
  }));
  const fields = Object.fromEntries(
    Array.from({ length: 24 }, (_, i) => [
      `k:{"name":"SETTING_${i}"}`,
      { ".": {}, "f:name": {}, "f:value": {} },
    ]),
  );
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: `ns-${index % 20}`,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
      resourceVersion: String(resourceVersion),
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { app: "web", tier: index % 2 === 0 ? "front" : "back", "pod-template-hash": "5d4f8c7b9" },
      annotations: { "example.com/note": "n".repeat(1040), "prometheus.io/scrape": "true" },
      managedFields: [
        {
          manager: "kube-controller-manager",
          operation: "Update",
          apiVersion: "v1",
          time: "2026-01-01T00:00:00Z",
          fieldsType: "FieldsV1",
          fieldsV1: {
            "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
            "f:spec": { "f:containers": fields },
          },
        },
      ],
    },
    spec: {
      nodeName: `node-${index % 100}`,
      containers: [
        {
          name: "web",
          image: "registry.example.com/shop/web:1.4.2",
          env,
          resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
          volumeMounts: [{ name: "data", mountPath: "/var/lib/data" }],
        },
      ],
      volumes: [{ name: "data", emptyDir: {} }],
    },
    status: {
      phase: "Running",
      podIP: `10.0.${index % 250}.${(index * 7) % 250}`,
      conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
        type,
        status: "True",
        lastTransitionTime: "2026-01-01T00:00:10Z",
      })),
    },
  };
}

/** One watch frame as bytes. */
export function frame(type: string, object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

/** Join frames and cut them again every 64 KiB, as a socket would hand them out. */
export function asChunks(frames: readonly Buffer[], chunkBytes: number = 64 * 1024): Buffer[] {
  const all = Buffer.concat(frames);
  const chunks: Buffer[] = [];
  for (let at = 0; at < all.length; at += chunkBytes) chunks.push(all.subarray(at, at + chunkBytes));
  return chunks;
}

/** The bookmark that ends a streaming list. */
export function endMarker(resourceVersion: number): Buffer {
  return frame("BOOKMARK", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      resourceVersion: String(resourceVersion),
      annotations: { "k8s.io/initial-events-end": "true" },
    },
  });
}
