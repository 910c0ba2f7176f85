/** What a website consists of in the cluster; pure. */
import type { Applied } from "kube-reflex";
import type { ConfigMap, Deployment, Service } from "kube-reflex/kinds";
import type { Website } from "./kind.ts";

const labelsOf = ({ metadata }: Website): Record<string, string> => ({
  "app.kubernetes.io/name": "website",
  "app.kubernetes.io/instance": metadata.name ?? "",
  "app.kubernetes.io/managed-by": "website-operator",
});

const metadataOf = (website: Website) => {
  const { name = "", namespace = "" } = website.metadata;
  return { name, namespace, labels: labelsOf(website) };
};

export function configMapOf(website: Website): Applied<ConfigMap> {
  return { metadata: metadataOf(website), data: { "index.html": website.spec.html } };
}

export function serviceOf(website: Website): Applied<Service> {
  const ports = [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }];
  return { metadata: metadataOf(website), spec: { selector: labelsOf(website), ports } };
}

export function deploymentOf(website: Website): Applied<Deployment> {
  const labels = labelsOf(website);
  const { name = "" } = website.metadata;
  return {
    metadata: metadataOf(website),
    spec: {
      replicas: website.spec.replicas ?? 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: "nginx",
              image: "nginxinc/nginx-unprivileged:1.29-alpine",
              ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
              volumeMounts: [{ name: "html", mountPath: "/usr/share/nginx/html", readOnly: true }],
            },
          ],
          volumes: [{ name: "html", configMap: { name } }],
        },
      },
    },
  };
}
