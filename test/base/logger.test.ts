import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { defaultLogger, expectLogger, type Logger, withFields } from "../../src/base/logger.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function pinoInto(lines: unknown[]): Logger {
  const into = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return pino({ base: null, timestamp: false, level: "debug" }, into);
}

function writeAll(logger: Logger): void {
  for (const level of ["debug", "info", "warn", "error"] as const) logger[level]({ key: "shop/web" }, level);
}

describe("a logger", () => {
  it("may be pino, which writes the fields beside the message", () => {
    const lines: unknown[] = [];
    writeAll(withFields(pinoInto(lines), { controller: "widgets" }));
    expect(lines).toEqual(
      ["debug", "info", "warn", "error"].map((msg, index) => ({
        level: 20 + index * 10,
        controller: "widgets",
        key: "shop/web",
        msg,
      })),
    );
  });

  it("may be a pino child, or the console", () => {
    const lines: unknown[] = [];
    writeAll(
      pino({ base: null, timestamp: false }, new Writable({ write: (_c, _e, done) => done() })).child({}),
    );
    writeAll(pinoInto(lines));
    expect(lines).toHaveLength(4);
    for (const level of ["debug", "info", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation(() => {});
    }
    writeAll(withFields(console, { controller: "widgets" }));
    expect(console.error).toHaveBeenCalledExactlyOnceWith(
      { controller: "widgets", key: "shop/web" },
      "error",
    );
  });

  it("adds fields of fields, and what is said last wins", () => {
    const lines: unknown[] = [];
    withFields(withFields(pinoInto(lines), { a: 1, b: 1 }), { b: 2, c: 2 }).info({ c: 3 }, "said");
    expect(lines).toEqual([{ level: 30, a: 1, b: 2, c: 3, msg: "said" }]);
  });

  it("is refused where it lacks a level, or is no logger at all", () => {
    for (const one of [undefined, console, defaultLogger, pinoInto([])]) expectLogger("log", one);
    const refused = (value: unknown): unknown => {
      try {
        return expectLogger("log", value);
      } catch (error) {
        return error;
      }
    };
    expect(refused({ debug() {}, info() {}, warn() {} })).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "Expected `log.error` to be a function, got `undefined`",
    });
    for (const one of [null, "console", 1]) {
      expect(refused(one)).toMatchObject({
        message: expect.stringContaining("`log` to be a logger, such as"),
      });
    }
  });

  it("is the console's warnings and errors where there is none", () => {
    const spies = (["debug", "info", "warn", "error", "log"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(() => {}),
    );
    writeAll(defaultLogger);
    expect(spies.map(({ mock }) => mock.calls)).toEqual([
      [],
      [],
      [["warn", { key: "shop/web" }]],
      [["error", { key: "shop/web" }]],
      [],
    ]);
  });
});
