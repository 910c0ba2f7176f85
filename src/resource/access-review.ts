/** What an API server says of an access that it denied, taken apart. */
export interface DeniedAccess {
  /** The denial, shorter than the server's: what the step says already is left out. */
  readonly text: string;
  /** What would have to be granted, as a sentence. */
  readonly remedy: string;
}

const ofResource =
  /User ("(?:[^"\\]|\\.)*") cannot (\S+) resource "([^"]*)" in API group "([^"]*)"( in the namespace "([^"]*)"| at the cluster scope)?(.*)$/s;
const ofPath = /User ("(?:[^"\\]|\\.)*") cannot (\S+) path ("(?:[^"\\]|\\.)*")(.*)$/s;

const reads: readonly string[] = ["get", "list", "watch"];

/** What RBAC would have to allow: `Needs: get/list/watch on pods in "shop".` */
export function neededAccess(
  verb: string,
  group: string,
  resource: string,
  namespace: string | undefined,
): string {
  const [plural = resource, subresource] = resource.split("/", 2);
  const name = group === "" ? plural : `${plural}.${group}`;
  const verbs = subresource === undefined && reads.includes(verb) ? reads.join("/") : verb;
  const what = subresource === undefined ? name : `${name}/${subresource}`;
  const where = namespace === undefined ? "at the cluster scope" : `in ${JSON.stringify(namespace)}`;
  return `Needs: ${verbs} on ${what} ${where}.`;
}

/** Read the message of a 403 that authorization gave; `undefined` for others, such as admission's: quota, policy. */
export function deniedAccess(message: string): DeniedAccess | undefined {
  const resourceDenial = ofResource.exec(message);
  if (resourceDenial !== null) {
    const [, user = "", verb = "", resource = "", group = "", , namespace, detail = ""] = resourceDenial;
    const ofGroup = group === "" ? "" : ` in group "${group}"`;
    return {
      text: `user ${user} cannot ${verb} resource "${resource}"${ofGroup}${detail}`,
      remedy: neededAccess(verb, group, resource, namespace),
    };
  }
  const pathDenial = ofPath.exec(message);
  if (pathDenial === null) return undefined;
  const [, user = "", verb = "", path = "", detail = ""] = pathDenial;
  return {
    text: `user ${user} cannot ${verb} path ${path}${detail}`,
    remedy: `Needs: ${verb} on the non-resource URL ${path}.`,
  };
}
