import { type Logger as PinoLogger, pino } from "pino";
import { describe, expectTypeOf, it } from "vitest";
import type { Logger } from "../../src/base/logger.ts";
import { withFields } from "../../src/base/logger.ts";

describe("a logger's type", () => {
  it("is satisfied by pino, its children and the console", () => {
    expectTypeOf(pino()).toExtend<Logger>();
    expectTypeOf<PinoLogger>().toExtend<Logger>();
    expectTypeOf(pino().child({ a: 1 })).toExtend<Logger>();
    expectTypeOf(console).toExtend<Logger>();
    withFields(pino(), { a: 1 });
    withFields(console, { a: 1 });
  });

  it("wants the fields first, and all four levels", () => {
    const logger = withFields(console, {});
    logger.info({ key: "shop/web" }, "said");
    // @ts-expect-error: the message comes second
    logger.info("said", { key: "shop/web" });
    // @ts-expect-error: no warn, no error
    const half: Logger = { debug() {}, info() {} };
    expectTypeOf(half).toEqualTypeOf<Logger>();
  });
});
