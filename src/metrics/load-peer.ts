import { KubeError } from "../base/errors.ts";

/** Load an optional peer; rejects with `UNSUPPORTED`, saying how to install it, where it is missing. */
export async function loadPeer<T>(step: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new KubeError(
      "UNSUPPORTED",
      `${step}: the package \`${name}\` could not be loaded; install it: npm install ${name}`,
      { cause },
    );
  }
}
