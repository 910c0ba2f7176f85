/** The version requests carry; the tests hold it against package.json. */
const version = "0.1.0";

/** The User-Agent of requests that name none: `kube-reflex/0.1.0 (linux/x64) node/24` (H22). */
export function defaultUserAgent(): string {
  const major = process.versions.node.split(".", 1)[0];
  return `kube-reflex/${version} (${process.platform}/${process.arch}) node/${major}`;
}
