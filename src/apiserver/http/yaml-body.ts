import { yamlDocuments } from "../../base/yaml/documents.ts";
import { kubectlScalars } from "../../base/yaml/plain-scalar.ts";
import type { Refuse } from "../../base/yaml/problem.ts";
import { yamlValue } from "../../base/yaml/value.ts";

/** The value of a body in YAML: of its first document, as kube-apiserver reads it; null where there is none. */
export function yamlBody(body: string, refuse: Refuse): unknown {
  const [document] = yamlDocuments(body, refuse);
  return document === undefined ? null : yamlValue(document, { scalars: kubectlScalars }, refuse);
}
