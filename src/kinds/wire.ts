import type { V1JSONSchemaProps } from "@kubernetes/client-node";
import type { ListMeta, ObjectMeta } from "../resource/object.ts";

/** The property names that client-node's generator changes, and what the wire says. */
interface WireNames {
  _continue: "continue";
  _default: "default";
  _enum: "enum";
  _from: "from";
  _int: "int";
  x_kubernetes_embedded_resource: "x-kubernetes-embedded-resource";
  x_kubernetes_int_or_string: "x-kubernetes-int-or-string";
  x_kubernetes_list_map_keys: "x-kubernetes-list-map-keys";
  x_kubernetes_list_type: "x-kubernetes-list-type";
  x_kubernetes_map_type: "x-kubernetes-map-type";
  x_kubernetes_preserve_unknown_fields: "x-kubernetes-preserve-unknown-fields";
  x_kubernetes_validations: "x-kubernetes-validations";
}

/** The names that client-node changes in JSON schemas only: elsewhere `ref` and `schema` are the wire's own. */
interface SchemaWireNames extends WireNames {
  ref: "$ref";
  schema: "$schema";
}

/** The fields of one class. No `as` here: it would cost each field its documentation in editors. */
type OnWire<T> = { [P in keyof T]: Wire<T[P]> };

/** The fields of a class with changed names, which few have: those that keep theirs, and those that do not. */
type OnWireRenamed<T, Names extends Record<keyof Names, string>> = OnWire<Omit<T, keyof Names>> & {
  [P in keyof T as P extends keyof Names ? Names[P] : never]: Wire<T[P]>;
};

/**
 * A schema of a custom resource, as on the wire: `$ref`, `default`, `enum`, `x-kubernetes-…`.
 *
 * Named, because it contains itself; and with the types of the three fields that
 * client-node leaves open.
 */
export interface JSONSchemaProps extends OnWireRenamed<V1JSONSchemaProps, SchemaWireNames> {
  items?: JSONSchemaProps | JSONSchemaProps[];
  additionalItems?: JSONSchemaProps | boolean;
  additionalProperties?: JSONSchemaProps | boolean;
}

/**
 * A type of `@kubernetes/client-node` as its values really are on the wire.
 *
 * Timestamps are strings (P37), names are the API's own (P38), metadata is this
 * library's {@link ObjectMeta}, and free-form JSON is `unknown` instead of an
 * unchecked type. Works on every model class, those without a kind here too:
 * `Wire<V1Container>`. Nothing of client-node is loaded at run time.
 */
export type Wire<T> = 0 extends 1 & T
  ? unknown
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends Date
      ? string
      : T extends readonly (infer Item)[]
        ? Wire<Item>[]
        : string extends keyof T
          ? { [key: string]: Wire<T[keyof T]> }
          : Model<T>;

/** A class of client-node; the three with a type of their own are known by a field that no other has. */
type Model<T> = "managedFields" extends keyof T
  ? ObjectMeta
  : "remainingItemCount" extends keyof T
    ? ListMeta
    : "x_kubernetes_validations" extends keyof T
      ? JSONSchemaProps
      : Extract<keyof T, keyof WireNames> extends never
        ? OnWire<T>
        : OnWireRenamed<T, WireNames>;

/**
 * An object type of `@kubernetes/client-node` as on the wire, its metadata always there.
 *
 * The server never sends an object without metadata and never accepts one, so
 * `pod.metadata.name` needs no `?.`. The fields inside stay optional: an object
 * to be created has no uid yet, and one with `generateName` no name.
 */
export type WireObject<T> = OnWire<Omit<T, "metadata">> & { metadata: ObjectMeta };
