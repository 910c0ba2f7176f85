/** What kubernetes/sample-controller does, for those who know it: each Foo has a Deployment. `node examples/sample-controller.ts` */
import {
  Cluster,
  type Controller,
  type ControllerBuilderOptions,
  defineKind,
  EventRecorder,
  isControlledBy,
  type Kind,
  type KubeObject,
  Manager,
  setControllerReference,
  terminal,
} from "kube-reflex";
import { Deployment, EventsV1Event } from "kube-reflex/kinds";

export interface Foo extends KubeObject {
  spec: { deploymentName: string; replicas: number };
  status?: { availableReplicas: number };
}

export const Foo: Kind<Foo, "status"> = defineKind<Foo>()({
  group: "samplecontroller.k8s.io",
  version: "v1alpha1",
  kind: "Foo",
  plural: "foos",
  scope: "Namespaced",
  subresources: ["status"],
});

/** The deployment that a Foo asks for, to be deleted with it. */
function newDeployment(foo: Foo): Deployment {
  const labels = { app: "nginx", controller: foo.metadata?.name ?? "" };
  const { deploymentName, replicas } = foo.spec;
  return setControllerReference(foo, Foo, {
    metadata: { name: deploymentName, namespace: foo.metadata?.namespace ?? "" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "nginx", image: "nginx:latest" }] } },
    },
  });
}

/** The controller: woken by every Foo, and by every Deployment that a Foo controls. */
export function fooController(
  cluster: Cluster,
  events: Pick<EventRecorder, "event">,
  options?: ControllerBuilderOptions,
): Controller<Foo> {
  return cluster
    .controller(Foo, options)
    .owns(Deployment)
    .concurrency(2)
    .reconcile(async ({ object: foo, namespace = "", name, cluster }) => {
      if (foo === undefined) return; // deleted: the garbage collector takes its deployment
      const { deploymentName, replicas } = foo.spec;
      if (deploymentName === "") throw terminal(new Error("spec.deploymentName is empty"));

      const deployments = cluster.resources(Deployment).inNamespace(namespace);
      const existing = cluster.store(Deployment).get(`${namespace}/${deploymentName}`);
      if (existing !== undefined && !isControlledBy(existing, foo)) {
        const note = `the deployment ${deploymentName} exists and is not managed by this Foo`;
        events.event(
          { kind: Foo, object: foo },
          { type: "Warning", reason: "ErrResourceExists", action: "Sync", note },
        );
        throw new Error(note); // tried again, later and later
      }

      let deployment = existing ?? (await deployments.create(newDeployment(foo)));
      if (deployment.spec?.replicas !== replicas) {
        deployment = await deployments.withName(deploymentName).patch({ merge: { spec: { replicas } } });
      }

      const { availableReplicas = 0 } = deployment.status ?? {};
      const foos = cluster.resources(Foo).inNamespace(namespace);
      await foos.withName(name).status.patch({ merge: { status: { availableReplicas } } });
      const note = "Foo synced successfully";
      events.event({ kind: Foo, object: foo }, { type: "Normal", reason: "Synced", action: "Sync", note });
    });
}

if (import.meta.main) {
  await using cluster = await Cluster.connect({ userAgent: "sample-controller" });
  await using events = new EventRecorder({
    events: cluster.resources(EventsV1Event),
    reportingController: "sample-controller",
  });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  await new Manager().add(fooController(cluster, events)).run(stop.signal);
}
