/**
 * What each kind is, in one sentence for editors; also the order in which they are defined.
 *
 * A kind that is not named here follows those of its group, with the first
 * sentence of client-node's own description.
 */
export const summaries: Readonly<Record<string, string>> = {
  "v1/pods": "One or more containers that run together on one node.",
  "v1/services": "One address, and one name, for a changing set of pods.",
  "v1/configmaps": "Configuration as keys and values, not secret.",
  "v1/secrets": "Keys and values, base64 in `data`, to be kept out of logs.",
  "v1/namespaces": "A room for names, quotas and permissions.",
  "v1/nodes": "A machine that pods run on.",
  "v1/serviceaccounts": "An identity for what runs in pods.",
  "v1/persistentvolumes": "A piece of storage in the cluster.",
  "v1/persistentvolumeclaims": "A pod's claim to storage.",
  "v1/endpoints": "The addresses behind a service; deprecated in favour of `EndpointSlice`.",
  "v1/events": "A report of something that happened to an object; see also `EventsV1Event`.",
  "v1/replicationcontrollers": "The predecessor of a ReplicaSet.",
  "v1/podtemplates": "A stored template for pods.",
  "v1/resourcequotas": "What a namespace may use in all.",
  "v1/limitranges": "Defaults and bounds for what each pod or claim in a namespace asks for.",
  "v1/bindings": "Puts a pod on a node, as the scheduler does; the name is the pod's.",
  "v1/componentstatuses":
    "Whether the parts of the control plane answer; deprecated, and no longer true everywhere.",
  "apps/v1/deployments": "Pods of one template, replaced step by step when it changes.",
  "apps/v1/replicasets": "A number of equal pods, kept at that number.",
  "apps/v1/statefulsets": "Pods with stable names and storage, started in order.",
  "apps/v1/daemonsets": "One pod on each node.",
  "apps/v1/controllerrevisions": "A snapshot of a controller's template, kept for rollbacks.",
  "batch/v1/jobs": "Pods that run to their end.",
  "batch/v1/cronjobs": "Jobs by a schedule.",
  "networking.k8s.io/v1/ingresses": "Rules that lead HTTP traffic to services.",
  "networking.k8s.io/v1/ingressclasses": "Which controller serves an Ingress.",
  "networking.k8s.io/v1/networkpolicies": "Which traffic pods may receive and send.",
  "networking.k8s.io/v1/ipaddresses": "An address handed out to a service.",
  "networking.k8s.io/v1/servicecidrs": "A range that addresses of services come from.",
  "rbac.authorization.k8s.io/v1/roles": "Permissions within a namespace.",
  "rbac.authorization.k8s.io/v1/rolebindings": "Who has the permissions of a role within a namespace.",
  "rbac.authorization.k8s.io/v1/clusterroles": "Permissions in the whole cluster.",
  "rbac.authorization.k8s.io/v1/clusterrolebindings": "Who has the permissions of a cluster role everywhere.",
  "autoscaling/v2/horizontalpodautoscalers": "Scales a workload by metrics.",
  "autoscaling/v1/horizontalpodautoscalers":
    "Scales a workload by its use of processors, in the older form; see also `HorizontalPodAutoscaler`.",
  "policy/v1/poddisruptionbudgets": "How many pods of a set may be evicted at once.",
  "storage.k8s.io/v1/storageclasses": "How volumes are made for claims.",
  "storage.k8s.io/v1/volumeattachments": "A volume attached, or to be attached, to a node.",
  "storage.k8s.io/v1/volumeattributesclasses": "Attributes of volumes that can change while they are in use.",
  "storage.k8s.io/v1/csidrivers": "A storage driver installed in the cluster.",
  "storage.k8s.io/v1/csinodes": "The storage drivers of a node.",
  "storage.k8s.io/v1/csistoragecapacities":
    "How much storage a driver can still give in one part of the cluster.",
  "coordination.k8s.io/v1/leases": "A lock with an end, used for leader election and heartbeats.",
  "discovery.k8s.io/v1/endpointslices": "A part of the addresses behind a service.",
  "events.k8s.io/v1/events":
    "A report of something that happened to an object, in its newer form; see also `Event` in the core group.",
  "scheduling.k8s.io/v1/priorityclasses": "How important pods are to the scheduler.",
  "node.k8s.io/v1/runtimeclasses": "Which container runtime pods run in.",
  "certificates.k8s.io/v1/certificatesigningrequests": "A request to have a certificate signed.",
  "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations":
    "Webhooks that may change objects before they are stored.",
  "admissionregistration.k8s.io/v1/validatingwebhookconfigurations": "Webhooks that may refuse objects.",
  "admissionregistration.k8s.io/v1/mutatingadmissionpolicies":
    "Expressions that change objects before they are stored.",
  "admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings":
    "Where a mutating policy holds, and with which parameters.",
  "admissionregistration.k8s.io/v1/validatingadmissionpolicies": "Expressions that refuse objects.",
  "admissionregistration.k8s.io/v1/validatingadmissionpolicybindings":
    "Where a validating policy holds, and with which parameters.",
  "apiextensions.k8s.io/v1/customresourcedefinitions": "Adds a kind to the API.",
  "apiregistration.k8s.io/v1/apiservices": "Has another server serve one version of an API group.",
  "resource.k8s.io/v1/resourceclaims": "A claim to devices, such as GPUs, that pods share or own.",
  "resource.k8s.io/v1/resourceclaimtemplates": "A template for the claims that pods bring along.",
  "resource.k8s.io/v1/deviceclasses":
    "Which devices a claim may ask for by one name, and how they are set up.",
  "resource.k8s.io/v1/resourceslices": "The devices that one driver offers, on a node or in the network.",
  "flowcontrol.apiserver.k8s.io/v1/flowschemas":
    "Which requests to the API server belong to which priority level.",
  "flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations":
    "How many requests of one priority the API server carries out at once, and how it queues the rest.",
  "authentication.k8s.io/v1/tokenreviews": "Asks whose a token is.",
  "authentication.k8s.io/v1/selfsubjectreviews": "Asks who the server takes the caller for.",
  "authorization.k8s.io/v1/subjectaccessreviews": "Asks whether somebody may do something.",
  "authorization.k8s.io/v1/localsubjectaccessreviews":
    "Asks whether somebody may do something in one namespace.",
  "authorization.k8s.io/v1/selfsubjectaccessreviews": "Asks whether the caller may do something.",
  "authorization.k8s.io/v1/selfsubjectrulesreviews": "Asks for all that the caller may do in one namespace.",
};
