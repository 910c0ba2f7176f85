import { type Kind, resourceName } from "../../resource/kind.ts";

const pods = { metadata: {}, spec: { containers: null } };
const roleRef = { apiGroup: "", kind: "", name: "" };
const nodeInfo = {
  machineID: "",
  systemUUID: "",
  bootID: "",
  kernelVersion: "",
  osImage: "",
  containerRuntimeVersion: "",
  kubeletVersion: "",
  kubeProxyVersion: "",
  operatingSystem: "",
  architecture: "",
};

// Read from kube-apiserver 1.36: what its encoder writes of an object in which nothing is set.
const fields: Readonly<Record<string, object>> = {
  pods: { spec: { containers: null }, status: {} },
  services: { spec: {}, status: { loadBalancer: {} } },
  namespaces: { spec: {}, status: {} },
  nodes: { spec: {}, status: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, nodeInfo } },
  persistentvolumes: { spec: {}, status: {} },
  persistentvolumeclaims: { spec: { resources: {} }, status: {} },
  events: {
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: "",
    reportingInstance: "",
  },
  replicationcontrollers: { spec: {}, status: { replicas: 0 } },
  podtemplates: { template: pods },
  resourcequotas: { spec: {}, status: {} },
  limitranges: { spec: { limits: null } },
  "deployments.apps": { spec: { replicas: 0, selector: null, template: pods, strategy: {} }, status: {} },
  "replicasets.apps": { spec: { replicas: 0, selector: null, template: pods }, status: { replicas: 0 } },
  "statefulsets.apps": {
    spec: { replicas: 0, selector: null, template: pods, serviceName: "", updateStrategy: {} },
    status: { replicas: 0, availableReplicas: 0 },
  },
  "daemonsets.apps": {
    spec: { selector: null, template: pods, updateStrategy: {} },
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  },
  "controllerrevisions.apps": { data: null, revision: 0 },
  "jobs.batch": { spec: { template: pods }, status: {} },
  "cronjobs.batch": {
    spec: { schedule: "", jobTemplate: { metadata: {}, spec: { template: pods } } },
    status: {},
  },
  "ingresses.networking.k8s.io": { spec: {}, status: { loadBalancer: {} } },
  "ingressclasses.networking.k8s.io": { spec: {} },
  "networkpolicies.networking.k8s.io": { spec: { podSelector: {} } },
  "ipaddresses.networking.k8s.io": { spec: {} },
  "servicecidrs.networking.k8s.io": { spec: {}, status: {} },
  "roles.rbac.authorization.k8s.io": { rules: null },
  "rolebindings.rbac.authorization.k8s.io": { roleRef },
  "clusterroles.rbac.authorization.k8s.io": { rules: null },
  "clusterrolebindings.rbac.authorization.k8s.io": { roleRef },
  "leases.coordination.k8s.io": { spec: {} },
  "endpointslices.discovery.k8s.io": { addressType: "", endpoints: null, ports: null },
  "storageclasses.storage.k8s.io": { provisioner: "" },
  "volumeattachments.storage.k8s.io": {
    spec: { attacher: "", source: {}, nodeName: "" },
    status: { attached: false },
  },
  "volumeattributesclasses.storage.k8s.io": { driverName: "" },
  "csidrivers.storage.k8s.io": { spec: {} },
  "csinodes.storage.k8s.io": { spec: { drivers: null } },
  "csistoragecapacities.storage.k8s.io": { storageClassName: "" },
  "poddisruptionbudgets.policy": {
    spec: {},
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  },
  "horizontalpodautoscalers.autoscaling": {
    spec: { scaleTargetRef: { kind: "", name: "" }, maxReplicas: 0 },
    status: { desiredReplicas: 0, currentMetrics: null },
  },
  "customresourcedefinitions.apiextensions.k8s.io": {
    spec: { group: "", names: { plural: "", kind: "" }, scope: "", versions: null },
    status: { conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: null },
  },
  "apiservices.apiregistration.k8s.io": {
    spec: { groupPriorityMinimum: 0, versionPriority: 0 },
    status: {},
  },
  "events.events.k8s.io": {
    eventTime: null,
    regarding: {},
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
  },
  "priorityclasses.scheduling.k8s.io": { value: 0 },
  "runtimeclasses.node.k8s.io": { handler: "" },
  "certificatesigningrequests.certificates.k8s.io": {
    spec: { request: null, signerName: "" },
    status: {},
  },
  "mutatingadmissionpolicies.admissionregistration.k8s.io": { spec: {} },
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": { spec: {} },
  "validatingadmissionpolicies.admissionregistration.k8s.io": { spec: {}, status: {} },
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": { spec: {} },
  "resourceclaims.resource.k8s.io": { spec: { devices: { requests: null } }, status: {} },
  "resourceclaimtemplates.resource.k8s.io": {
    spec: { metadata: {}, spec: { devices: { requests: null } } },
  },
  "deviceclasses.resource.k8s.io": { spec: {} },
  "resourceslices.resource.k8s.io": {
    spec: { driver: "", pool: { name: "", generation: 0, resourceSliceCount: 0 } },
  },
  "flowschemas.flowcontrol.apiserver.k8s.io": {
    spec: { priorityLevelConfiguration: { name: "" }, matchingPrecedence: 0 },
    status: {},
  },
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": { spec: { type: "" }, status: {} },
};

/**
 * What the object of a bookmark has beside its metadata: the kind's fields that are written even when empty.
 *
 * Nothing for extension kinds. A client must not take it for an object.
 */
export function zeroFields(kind: Pick<Kind, "group" | "plural">): object {
  return fields[resourceName(kind)] ?? {};
}
