/** A warning the API server attached to an answer, such as the use of a deprecated version (H21). */
export interface ApiWarning {
  /** The server's text. */
  readonly message: string;
  /** What was called: `list pods in shop`. */
  readonly step: string;
}

/** Read the texts of the Warning headers with code 299; others come from caches on the way. */
export function warningTexts(header: string | undefined): string[] {
  if (header === undefined) return [];
  const texts: string[] = [];
  for (const match of header.matchAll(/(?:^|[,\s])299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
    texts.push((match[1] ?? "").replace(/\\(.)/g, "$1"));
  }
  return texts;
}
