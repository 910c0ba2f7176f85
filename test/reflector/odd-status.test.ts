import { expect, it } from "vitest";
import type { ReflectorProgress } from "../../src/reflector/progress.ts";
import { Reflector } from "../../src/reflector/reflector.ts";

it("goes on after an ERROR whose Status no server of Kubernetes would send (P31, R30)", async () => {
  const controller = new AbortController();
  const opened: string[] = [];
  const progress: ReflectorProgress["type"][] = [];
  const reflector = new Reflector({
    name: "pods",
    streamingList: "off",
    backoff: { initialMs: 0 },
    target: { replace: () => {}, apply: () => {} },
    onProgress: ({ type }) => void progress.push(type),
    listWatch: {
      async *list() {
        yield { items: [], resourceVersion: "5" };
      },
      async *watch({ resourceVersion }) {
        opened.push(resourceVersion);
        if (opened.length === 3) controller.abort();
        yield [
          {
            type: "ERROR",
            status: JSON.parse('{"kind":"Status","code":504,"reason":"Timeout","details":{"causes":[null]}}'),
          },
        ];
      },
    },
  });
  await reflector.run(controller.signal);
  expect(opened).toEqual(["5", "5", "5"]);
  expect(progress.at(-1)).toBe("stopped");
});
