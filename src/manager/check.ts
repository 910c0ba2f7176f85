/** One line of what a probe is told. */
export interface Check {
  readonly name: string;
  /** What is wrong; empty: nothing. */
  readonly problems: readonly string[];
}

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export const plainText = "text/plain; charset=utf-8";

/** The longest problem that is shown. */
const longestLine = 300;

/** One line, whatever it was: nobody may write lines of their own into an answer. */
function lineOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length <= longestLine ? line : `${line.slice(0, longestLine)}…`;
}

function checkLine({ name, problems }: Check): string {
  if (problems.length === 0) return `[+]${lineOf(name)} ok`;
  return `[-]${lineOf(name)} failed: ${problems.map(lineOf).join("; ")}`;
}

/** The answer to a probe, in the manner of a kube-apiserver: `ok`, or every check and 500. */
export function probeAnswer(probe: string, checks: readonly Check[], isVerbose: boolean): Answer {
  const hasFailed = checks.some(({ problems }) => problems.length > 0);
  const lines = checks.map((check) => `${checkLine(check)}\n`).join("");
  if (hasFailed) return { status: 500, contentType: plainText, body: `${lines}${probe} check failed\n` };
  const body = isVerbose ? `${lines}${probe} check passed\n` : "ok";
  return { status: 200, contentType: plainText, body };
}
