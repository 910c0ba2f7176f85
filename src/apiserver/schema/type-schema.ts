/** What a scalar may be; `any` takes every scalar. */
export type ScalarType = "string" | "numeric" | "boolean" | "any";

/** How a list is merged: as one value, or item by item. */
export interface ListSchema {
  /** One value: whoever sets it sets all of it. */
  readonly isAtomic: boolean;
  /** The fields that tell items apart; none in a set of scalars, whose items are their own keys. */
  readonly keys: readonly string[];
  readonly item: SchemaRef;
}

/** A field of a map that is declared. */
export interface FieldSchema {
  readonly type: SchemaRef;
  /** What kube-apiserver's own type holds when nothing is set: `{}` or null instead of nothing. */
  readonly zero?: "{}" | "null" | undefined;
  /** The value of a list key that an item does not name. */
  readonly fallback?: unknown;
  readonly patch?: PatchRule | undefined;
}

/** How a strategic merge patch treats a field. */
export interface PatchRule {
  readonly isMerged: boolean;
  readonly isReplaced: boolean;
  readonly mergeKey: string;
}

/** How a map is merged: as one value, or field by field. */
export interface MapSchema {
  readonly isAtomic: boolean;
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** The type of fields that are not declared; absent where those are unknown. */
  readonly item: SchemaRef | undefined;
}

/** What a value may be, and how it is merged then. */
export interface TypeSchema {
  readonly scalar?: ScalarType;
  readonly list?: ListSchema;
  readonly map?: MapSchema;
}

/** A type that is looked up when it is needed: types refer to each other in circles. */
export type SchemaRef = () => TypeSchema;

const noFields: ReadonlyMap<string, FieldSchema> = new Map();

/** A type that nothing is known of, taken as one value with all below it. */
export const opaqueType: TypeSchema = {
  scalar: "any",
  list: { isAtomic: true, keys: [], item: () => opaqueType },
  map: { isAtomic: true, fields: noFields, item: () => opaqueType },
};

/** A type that nothing is known of: maps by field, lists as one value. */
export const deducedType: TypeSchema = {
  scalar: "any",
  list: { isAtomic: true, keys: [], item: () => opaqueType },
  map: { isAtomic: false, fields: noFields, item: () => deducedType },
};
