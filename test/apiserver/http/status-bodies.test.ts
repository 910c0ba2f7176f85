import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configMaps, type Front, fronts, type Json, mergePatch, named } from "./fronts.ts";

function failure(code: number, reason: string, message: string, details?: object): Json {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason === "" ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

const details = (name: string): object => ({ name, kind: "configmaps" });
const uid = "11111111-1111-1111-1111-111111111111";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function invalidConfigMap(name: string, field: string, reason: string, message: string): Json {
  return failure(422, "Invalid", `ConfigMap "${name}" is invalid: ${field}: ${message}`, {
    ...(name === "" ? {} : { name }),
    kind: "ConfigMap",
    causes: [{ reason, message, field }],
  });
}

describe.each(fronts)("Status bodies %s, word for word a kube-apiserver's", (_name, start) => {
  let front: Front;
  let stored: Json;

  beforeEach(async () => {
    front = await start();
    stored = (await front.call("POST", configMaps, named("a"))).json;
  });
  afterEach(() => front[Symbol.asyncDispose]());

  it("answers 404 with name and resource for an object that is not there (T3)", async () => {
    const { json, status, headers } = await front.call("GET", `${configMaps}/missing`);
    expect(json).toEqual(failure(404, "NotFound", 'configmaps "missing" not found', details("missing")));
    expect([status, headers["content-type"]]).toEqual([404, "application/json"]);
    for (const [method, body] of [
      ["PUT", named("missing")],
      ["DELETE", undefined],
    ] as const) {
      const other = await front.call(method, `${configMaps}/missing`, body);
      expect(other.json).toEqual(json);
    }
    expect((await front.call("PATCH", `${configMaps}/missing`, {}, mergePatch)).json).toEqual(json);
  });

  it("writes the members of a Status in a kube-apiserver's order, on a line", async () => {
    const { text } = await front.call("GET", `${configMaps}/missing`);
    expect(text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"configmaps \\"missing\\" not found","reason":"NotFound","details":{"name":"missing","kind":"configmaps"},"code":404}\n',
    );
  });

  it("names the group of a resource that has one", async () => {
    const { json } = await front.call("GET", "/apis/apps/v1/namespaces/default/deployments/x");
    const group = { name: "x", group: "apps", kind: "deployments" };
    expect(json).toEqual(failure(404, "NotFound", 'deployments.apps "x" not found', group));
  });

  it("answers 404 for paths: a Status below its own groups, text elsewhere", async () => {
    const known = failure(404, "NotFound", "the server could not find the requested resource", {});
    expect((await front.call("GET", "/api/v1/namespaces/default/nosuchthings")).json).toEqual(known);
    expect((await front.call("GET", `${configMaps}/a/status`)).json).toEqual(known);
    for (const path of ["/apis/apps/v9/deployments", "/apis/apps/v9", "/api/v2/pods", "/api/v1/pods/x"]) {
      expect((await front.call("GET", path)).json).toEqual(known);
    }
    const elsewhere = ["/nope", "/apis/nope.example.com/v1/things", "/apis/example.com/v1/gadgets"];
    for (const path of elsewhere) {
      const { status, text, headers } = await front.call("GET", path);
      expect([status, text]).toEqual([404, "404 page not found\n"]);
      expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    }
  });

  it("answers 409 AlreadyExists (T3)", async () => {
    const { json } = await front.call("POST", configMaps, named("a"));
    expect(json).toEqual(failure(409, "AlreadyExists", 'configmaps "a" already exists', details("a")));
  });

  it("answers 409 Conflict for a stale resourceVersion (beats T6)", async () => {
    const stale = { metadata: { name: "a", resourceVersion: "1" } };
    const expected = failure(
      409,
      "Conflict",
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      details("a"),
    );
    expect((await front.call("PUT", `${configMaps}/a`, stale)).json).toEqual(expected);
    expect((await front.call("PATCH", `${configMaps}/a`, stale, mergePatch)).json).toEqual(expected);
  });

  it("answers 409 Conflict for a uid that differs, of a PUT", async () => {
    const { json } = await front.call("PUT", `${configMaps}/a`, { metadata: { name: "a", uid } });
    const message = `Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`;
    expect(json).toEqual(failure(409, "Conflict", message, details("a")));
  });

  it("answers 409 Conflict for preconditions of a DELETE, uid and resourceVersion (beats T17)", async () => {
    const ofKind = { name: "a", kind: "ConfigMap" };
    const start = 'Operation cannot be fulfilled on ConfigMap "a":';
    const byUid = await front.call("DELETE", `${configMaps}/a`, { preconditions: { uid } });
    const uidMessage = `${start} the UID in the precondition (${uid}) does not match the UID in record (${stored.metadata.uid}). The object might have been deleted and then recreated`;
    expect(byUid.json).toEqual(failure(409, "Conflict", uidMessage, ofKind));
    const byVersion = await front.call("DELETE", `${configMaps}/a`, {
      preconditions: { resourceVersion: "1" },
    });
    const versionMessage = `${start} the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${stored.metadata.resourceVersion}). The object might have been modified`;
    expect(byVersion.json).toEqual(failure(409, "Conflict", versionMessage, ofKind));
    expect((await front.call("GET", `${configMaps}/a`)).status).toBe(200);
  });

  it("answers 422 with a cause for a bad name, no name and a bad label (beats T7 and T20)", async () => {
    const bad = await front.call("POST", configMaps, named("Bad_Name"));
    const text = `Invalid value: "Bad_Name": ${subdomain}`;
    expect(bad.json).toEqual(invalidConfigMap("Bad_Name", "metadata.name", "FieldValueInvalid", text));
    const none = await front.call("POST", configMaps, { data: {} });
    const required = "Required value: name or generateName is required";
    expect(none.json).toEqual(invalidConfigMap("", "metadata.name", "FieldValueRequired", required));
    const label = await front.call("POST", configMaps, { metadata: { name: "lbl", labels: { a: "b c" } } });
    const wrong = `Invalid value: "b c": ${labelValue}`;
    expect(label.json).toEqual(invalidConfigMap("lbl", "metadata.labels", "FieldValueInvalid", wrong));
  });

  it("answers 400 for another name, another namespace and another kind in the body", async () => {
    const name = "the name of the object (other) does not match the name on the URL (a)";
    expect((await front.call("PUT", `${configMaps}/a`, named("other"))).json).toEqual(
      failure(400, "BadRequest", name),
    );
    const namespace = "the namespace of the provided object does not match the namespace sent on the request";
    const elsewhere = { metadata: { name: "b", namespace: "elsewhere" } };
    expect((await front.call("POST", configMaps, elsewhere)).json).toEqual(
      failure(400, "BadRequest", namespace),
    );
    const secret = { apiVersion: "v1", kind: "Secret", ...named("b") };
    const nope = { apiVersion: "v1", kind: "Nope", ...named("b") };
    expect((await front.call("POST", configMaps, nope)).json.message).toBe(
      'Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    );
    const kind =
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion';
    expect((await front.call("POST", configMaps, secret)).json).toEqual(failure(400, "BadRequest", kind));
  });

  it("answers 404 for a create in a namespace that is not there, 200 for a list of it", async () => {
    const path = "/api/v1/namespaces/nonamespace/configmaps";
    const namespace = { name: "nonamespace", kind: "namespaces" };
    expect((await front.call("POST", path, named("a"))).json).toEqual(
      failure(404, "NotFound", 'namespaces "nonamespace" not found', namespace),
    );
    expect((await front.call("GET", path)).json).toMatchObject({ kind: "ConfigMapList", items: [] });
  });

  it("answers 500 without a reason for a create with a resourceVersion, as the real one does (T14)", async () => {
    const { json } = await front.call("POST", configMaps, { metadata: { name: "b", resourceVersion: "5" } });
    expect(json).toEqual(failure(500, "", "resourceVersion should not be set on objects to be created"));
  });

  it("answers 422 for a dryRun that does not exist", async () => {
    const { json } = await front.call("POST", `${configMaps}?dryRun=yes`, named("b"));
    const message = 'Unsupported value: ["yes"]: supported values: "All"';
    expect(json).toEqual(
      failure(422, "Invalid", `CreateOptions.meta.k8s.io "" is invalid: dryRun: ${message}`, {
        group: "meta.k8s.io",
        kind: "CreateOptions",
        causes: [{ reason: "FieldValueNotSupported", message, field: "dryRun" }],
      }),
    );
  });

  it("answers 400 for selectors and resourceVersions that do not parse (beats T8)", async () => {
    const cases = {
      "labelSelector=a%20b%20c":
        "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
      "fieldSelector=spec.nope%3D1":
        '"spec.nope" is not a known field selector: only "metadata.name", "metadata.namespace"',
      "resourceVersion=abc":
        'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
      "limit=x": 'strconv.ParseInt: parsing "x": invalid syntax',
    };
    for (const [query, message] of Object.entries(cases)) {
      const { json } = await front.call("GET", `${configMaps}?${query}`);
      expect(json).toEqual(failure(400, "BadRequest", message));
    }
    const watched = await front.call("GET", `${configMaps}?watch=1&resourceVersion=abc`);
    expect(watched.json).toEqual(
      failure(
        500,
        "",
        'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
      ),
    );
    const nodes = await front.call("GET", "/api/v1/nodes?fieldSelector=spec.nope%3D1");
    expect(nodes.json.message).toBe("field label not supported: spec.nope");
  });

  it("answers 405 for verbs that a path does not have", async () => {
    const expected = failure(
      405,
      "MethodNotAllowed",
      "the server does not allow this method on the requested resource",
      {},
    );
    const calls = [
      ["DELETE", "/api/v1/namespaces"],
      ["PUT", configMaps],
      ["POST", `${configMaps}/a`],
      ["POST", "/api/v1/configmaps"],
      ["DELETE", "/apis/apps/v1/namespaces/default/deployments/x/scale"],
      ["POST", "/version"],
    ] as const;
    for (const [method, path] of calls) expect((await front.call(method, path)).json).toEqual(expected);
  });

  it("answers 415 for bodies and 406 for answers that are not JSON", async () => {
    const yaml = await front.call("POST", configMaps, "metadata: {}", { "content-type": "application/yaml" });
    expect(yaml.json).toMatchObject({ code: 415, reason: "UnsupportedMediaType" });
    expect(yaml.json.message).toContain("accepted media types include: application/json");
    const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    expect((await front.call("GET", configMaps, undefined, { accept: table })).json).toEqual(
      failure(406, "NotAcceptable", "only the following media types are accepted: application/json"),
    );
    for (const accept of ["application/yaml", "application/vnd.kubernetes.protobuf", "text/html"]) {
      const { json } = await front.call("GET", configMaps, undefined, { accept });
      expect(json).toMatchObject({ code: 406, reason: "NotAcceptable", details: {} });
    }
    const kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    expect((await front.call("GET", configMaps, undefined, { accept: kubectl })).status).toBe(200);
  });

  it("answers 415 for patches that are not offered", async () => {
    const unknown = await front.call("PATCH", `${configMaps}/a`, "{}", { "content-type": "text/x" });
    expect(unknown.json).toEqual(failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {}));
  });

  it("answers 501 for what a real server offers there and this one does not", async () => {
    for (const path of [
      "pods/x/proxy",
      "pods/x/resize",
      "pods/x/ephemeralcontainers",
      "services/x/proxy",
      "serviceaccounts/x/token",
    ]) {
      const { json } = await front.call("GET", `/api/v1/namespaces/default/${path}`);
      expect(json).toMatchObject({ code: 501, reason: "NotImplemented" });
    }
  });

  it("answers 400 for a body that is no JSON and 413 for one above 3 MiB", async () => {
    const broken = await front.call("POST", configMaps, "{bad");
    expect(broken.json).toMatchObject({ code: 400, reason: "BadRequest" });
    expect(broken.json.message).toMatch(
      /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: .* \(\{bad\)$/,
    );
    const large = await front.call("POST", configMaps, `{"data":{"k":"${"x".repeat(3 * 1024 * 1024)}"}}`);
    expect(large.json).toMatchObject({ code: 413, reason: "RequestEntityTooLarge" });
  });
});
