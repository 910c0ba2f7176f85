const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Tell whether a text is a DNS label as Kubernetes takes it: at most 63 of `a-z`, `0-9` and inner `-`. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && label.test(text);
}

/** Tell whether a text is a DNS subdomain as Kubernetes takes it: labels joined by `.`, at most 253 characters. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((part) => label.test(part));
}
