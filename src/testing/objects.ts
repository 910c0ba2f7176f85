import type { ApiServer } from "../apiserver/api-server.ts";
import { createObject } from "../apiserver/http/create.ts";
import { toObject } from "../apiserver/http/decode.ts";
import type { ServedResource } from "../apiserver/http/served-resource.ts";
import { StatusError } from "../apiserver/http/status-error.ts";
import { updateObject } from "../apiserver/http/update.ts";
import { StorageError } from "../apiserver/storage/storage-error.ts";
import { invalidArgument } from "../base/arguments.ts";
import { keyOf, splitKey } from "../resource/key.ts";
import { apiVersionOf, type Kind, resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { statusError } from "../resource/status.ts";

/** An object, or its key: `namespace/name`, or `name` alone. */
export type ObjectOrKey = string | KubeObject;

/** A copy of an object that says what it is. */
function typed(kind: Kind, object: KubeObject): KubeObject {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, ...structuredClone(object) };
}

/**
 * A server's objects, read and written from inside, without a request.
 *
 * The rules of metadata hold as for requests; optimistic locking, finalizers and
 * the separation of the status do not. Namespaced objects that name no namespace
 * are in `default`. Everything is done when it returns, watchers are told.
 */
export class Objects {
  readonly #server: ApiServer;

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Create an object, its status included; throws an `ApiError` as a client would get. */
  create<T extends KubeObject>(kind: Kind<T>, object: T): T {
    const resource = this.#server.resource(kind);
    const { namespace } = this.#address(kind, object, "create");
    return this.#run(kind, "create", () => {
      const sent = toObject(kind, typed(kind, object), true);
      return createObject(resource, namespace, sent, { keepsStatus: true });
    });
  }

  /** Replace an object whatever its resourceVersion, its status included. */
  update<T extends KubeObject>(kind: Kind<T>, object: T): T {
    const resource = this.#server.resource(kind);
    const address = this.#address(kind, object, "update");
    return this.#run(kind, "update", () => {
      const sent = toObject(kind, typed(kind, object), true);
      return updateObject(resource, address, () => sent, { takes: "everything" });
    });
  }

  /** Remove an object at once, whatever its finalizers, and give its last state. */
  delete<T extends KubeObject>(kind: Kind<T>, object: ObjectOrKey): T {
    const { storage } = this.#server.resource(kind);
    const { namespace, name } = this.#address(kind, object, "delete");
    return this.#run(kind, "delete", () => storage.delete(kind, keyOf(namespace, name)));
  }

  /** Read an object; undefined where there is none. */
  get<T extends KubeObject>(kind: Kind<T>, object: ObjectOrKey): T | undefined {
    const { storage } = this.#server.resource(kind);
    const { namespace, name } = this.#address(kind, object, "get");
    return storage.get(kind, keyOf(namespace, name)) as T | undefined;
  }

  /** Read all objects of a kind, in the order of their keys. */
  list<T extends KubeObject>(kind: Kind<T>): T[] {
    const { storage }: ServedResource = this.#server.resource(kind);
    return storage.list(kind).items.map(([, object]) => object as KubeObject as T);
  }

  #address(kind: Kind, object: ObjectOrKey, step: string): { namespace: string | undefined; name: string } {
    const isText = typeof object === "string";
    if (!isText && (typeof object !== "object" || object === null)) {
      throw invalidArgument("object", `an object or a key to ${step}`, object);
    }
    const { namespace = "", name = "" } = isText ? splitKey(object) : (object.metadata ?? {});
    if (kind.scope === "Cluster") return { namespace: undefined, name };
    return { namespace: namespace === "" ? "default" : namespace, name };
  }

  #run<T extends KubeObject>(kind: Kind<T>, step: string, write: () => KubeObject): T {
    const context = { step: `${step} ${resourceName(kind)} in the test server` };
    try {
      // The types of stored objects are those of the kind they are stored under.
      return write() as T;
    } catch (error) {
      if (error instanceof StatusError) throw statusError(error.status, context);
      if (!(error instanceof StorageError)) throw error;
      const status = { kind: "Status", code: 404, reason: "NotFound", message: error.message } as const;
      throw statusError(status, context);
    }
  }
}
