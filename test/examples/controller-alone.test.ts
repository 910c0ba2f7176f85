import { expect, it } from "vitest";
import { reconcileAll } from "../../examples/controller-alone.ts";

const shop = (namespace: string, name: string, size: number) => ({
  metadata: { namespace, name },
  spec: { size },
});

it("controller-alone reconciles literal keys against a mock", async () => {
  const shops = new Map([
    ["eu/books", shop("eu", "books", 3)],
    ["eu/broken", shop("eu", "broken", -1)],
    ["us/books", shop("us", "books", 7)],
  ]);
  expect(await reconcileAll(shops)).toEqual({
    applied: [
      { metadata: { name: "books" }, data: { size: "3" } },
      { metadata: { name: "books" }, data: { size: "7" } },
    ],
    ended: [
      "eu/books, attempt 1: requeue_after",
      "eu/broken, attempt 1: error (RECONCILE_FAILED)",
      "us/books, attempt 1: requeue_after",
    ],
  });
});
