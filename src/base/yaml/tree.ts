interface NodeBase {
  /** The line that it begins in, from 1. */
  readonly line: number;
}

interface TaggedNode extends NodeBase {
  /** In full: `tag:yaml.org,2002:int` for `!!int`; `!` for the one without a name; undefined where there is none. */
  readonly tag: string | undefined;
}

export interface YamlScalar extends TaggedNode {
  readonly type: "scalar";
  readonly text: string;
  /** Without quotes, and no block of text. */
  readonly isPlain: boolean;
}

export interface YamlList extends TaggedNode {
  readonly type: "list";
  readonly items: YamlNode[];
}

export interface YamlMapping extends TaggedNode {
  readonly type: "mapping";
  readonly pairs: (readonly [key: YamlNode, value: YamlNode])[];
}

export interface YamlAlias extends NodeBase {
  readonly type: "alias";
  /** May hold the alias itself. */
  readonly target: Exclude<YamlNode, YamlAlias>;
}

export type YamlNode = YamlScalar | YamlList | YamlMapping | YamlAlias;

/** One document of a text, as it is written: what its values mean, `yamlValue` tells. */
export interface YamlDocument {
  /** From 1, empty ones included. */
  readonly number: number;
  readonly root: YamlNode;
}
