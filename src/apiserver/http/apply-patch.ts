import { isJsonObject } from "../../base/json-object.ts";
import { keyOf } from "../../resource/key.ts";
import { apiVersionOf, type Kind } from "../../resource/kind.ts";
import type { KubeObject } from "../../resource/object.ts";
import type { TransportResponse } from "../../transport/port.ts";
import { applyObject } from "../apply/field-manager.ts";
import { managerEntries, storedManagers } from "../apply/managers.ts";
import { TypedValueError } from "../apply/typed-value.ts";
import { typeProblems } from "../apply/validate.ts";
import type { TypeSchema } from "../schema/type-schema.ts";
import type { StoredObject } from "../storage/port.ts";
import { jsonAnswer } from "./answer.ts";
import { createObject } from "./create.ts";
import { type SentObject, toObject } from "./decode.ts";
import { trackingOf } from "./managed-fields.ts";
import { isTrue } from "./request-info.ts";
import { scaleKind, scaleType, wishOfScale } from "./scale.ts";
import { badRequest, conflict, notFound, StatusError } from "./status-error.ts";
import { updateObject } from "./update.ts";
import type { VerbRequest } from "./verb-request.ts";
import { checkWriteOptions } from "./write-options.ts";
import { addressOf, partOf, shown } from "./written-part.ts";

type Named = Pick<Kind, "group" | "version" | "kind">;

/** Parse a body that may be YAML; 400 when it is no object in it. The parser is loaded for what is no JSON only. */
async function parseApplied(body: string): Promise<Record<string, unknown>> {
  const start = "error decoding YAML: error";
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    const { yamlBody } = await import("./yaml-body.ts");
    value = yamlBody(body, ({ line, message }) =>
      badRequest(`${start} converting YAML to JSON: yaml: line ${line}: ${message}`),
    );
  }
  if (value === null) return {};
  if (isJsonObject(value)) return value;
  const type = Array.isArray(value) ? "array" : typeof value;
  throw badRequest(
    `${start} unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  );
}

/** A kind as Go prints it: `apps/v1, Kind=Deployment`. */
function goKind(apiVersion: unknown, kind: unknown): string {
  const text = typeof apiVersion === "string" ? apiVersion : "";
  return `${text.includes("/") ? text : `/${text}`}, Kind=${typeof kind === "string" ? kind : ""}`;
}

/** Refuse what is no object of the kind (400), and what does not fit its type (500, as in kube-apiserver). */
function checkApplied(kind: Named, type: TypeSchema, applied: Record<string, unknown>): void {
  const given = goKind(applied.apiVersion, applied.kind);
  if (applied.kind !== kind.kind || applied.apiVersion !== apiVersionOf(kind)) {
    throw badRequest(`invalid object type: ${given}`);
  }
  const meta = isJsonObject(applied.metadata) ? applied.metadata : {};
  if (meta.managedFields !== undefined && meta.managedFields !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const problems = typeProblems(type, applied);
  if (problems.length === 0) return;
  const [first = ""] = problems;
  const all = problems.length === 1 ? first : ["errors:", ...problems.map((one) => `  ${one}`)].join("\n");
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const what = `${text(meta.namespace)}/${text(meta.name)}; ${given}`;
  throw new StatusError(500, "", `failed to create typed patch object (${what}): ${all.replace(/^: /, "")}`);
}

/** Carry out a server-side apply: create the object (201), or merge into it (200). */
export async function applyPatch(request: VerbRequest): Promise<TransportResponse> {
  const { route, params, body } = request;
  const { resource, subresource } = route;
  const { kind, strategy, storage } = resource;
  const isDryRun = checkWriteOptions("PatchOptions", params, true);
  const isForced = isTrue(params.get("force"));
  const manager = params.get("fieldManager") ?? "";
  const applied = await parseApplied(body);
  const address = addressOf(route);
  const isScale = subresource === "scale";
  const tracking = trackingOf(resource, subresource);

  const merge = (live: KubeObject): SentObject => {
    checkApplied(isScale ? scaleKind : kind, isScale ? scaleType : tracking.type, applied);
    const known = storedManagers(live.metadata?.managedFields);
    const wanted: KubeObject = isScale ? wishOfScale(kind, applied) : applied;
    try {
      const { object, managers } = applyObject(tracking, live, wanted, known, manager, isForced);
      const sent = toObject(kind, object, strategy.isCustom);
      sent.metadata.managedFields = managerEntries(managers);
      return sent;
    } catch (error) {
      if (error instanceof TypedValueError) throw new StatusError(500, "", error.message);
      throw error;
    }
  };
  const current = storage.get(kind, keyOf(address.namespace, address.name));
  if (current === undefined) {
    if (subresource !== "") throw notFound(kind, address.name);
    const object = checkNew(resource.kind, address.name, merge({}));
    return jsonAnswer(201, createObject(resource, address.namespace, object, { isDryRun }));
  }
  const make = (stored: StoredObject): SentObject => merge(stored);
  const options = { ...partOf(route), isDryRun, manager: { isApplied: true } } as const;
  return jsonAnswer(200, shown(route, updateObject(resource, address, make, options)));
}

/** Refuse an object that is not there and yet says which it is (409), or is to be another one (400). */
function checkNew(kind: Kind, name: string, object: SentObject): SentObject {
  const { uid = "", name: sent = "" } = object.metadata;
  if (uid !== "") {
    throw conflict(
      kind,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  }
  if (sent === "") {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (sent !== name) {
    throw badRequest(`the name of the object (${sent}) does not match the name on the URL (${name})`);
  }
  // Which version the object had is forgotten with it.
  delete object.metadata.resourceVersion;
  return object;
}
