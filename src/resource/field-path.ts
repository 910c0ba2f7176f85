/** What a field selector compares. */
type Comparable = string | number | boolean;

/** How many names of a path are checked; recursive types have no end. */
type Depth = [0, 0, 0, 0];

type Below<Name extends string, Value, Left extends readonly unknown[]> = Value extends
  | Comparable
  | readonly unknown[]
  ? Name
  : keyof Value extends never
    ? Name | `${Name}.${string}`
    : string extends keyof Value
      ? `${Name}.${string}`
      : Name | `${Name}.${Paths<Value, Left>}`;

type Paths<T, Left extends readonly unknown[]> = Left extends readonly [unknown, ...infer Rest]
  ? { [Name in keyof T & string]-?: Below<Name, NonNullable<T[Name]>, Rest> }[keyof T & string]
  : string;

/**
 * The paths of an object type's fields, such as `status.phase`; a misspelt one does not compile.
 *
 * Any text where only the metadata is typed: for kinds that are known only at run
 * time, and for handles of metadata, which select by fields that are not sent.
 */
export type FieldPath<T> =
  | "metadata.name"
  | "metadata.namespace"
  | (keyof T extends "apiVersion" | "kind" | "metadata" ? string : Paths<T, Depth>);
