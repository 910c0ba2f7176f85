import { invalidArgument } from "./arguments.ts";

/**
 * Where a controller, an elector or a recorder writes what it does.
 *
 * pino satisfies it, and `console` does. Fields come first; they name objects,
 * and never hold their contents. Must not throw.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The logger of whoever was given none: warnings and errors to `console`, nothing else. */
export const defaultLogger: Logger = Object.freeze({
  debug() {},
  info() {},
  warn: (fields: object, message: string) => console.warn(message, fields),
  error: (fields: object, message: string) => console.error(message, fields),
});

/** Throw unless `value` can be a {@link Logger}, or is undefined: found at the first line, it would break what was under way. */
export function expectLogger(name: string, value: unknown): void {
  if (value === undefined) return;
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!isObject) throw invalidArgument(name, "a logger, such as `console` or pino's", value);
  for (const method of ["debug", "info", "warn", "error"] as const) {
    const found: unknown = Reflect.get(value, method);
    if (typeof found !== "function") throw invalidArgument(`${name}.${method}`, "a function", found);
  }
}

/** A logger that adds `fields` to all that is written through it. */
export function withFields(logger: Logger, fields: object): Logger {
  return {
    debug: (more, message) => logger.debug({ ...fields, ...more }, message),
    info: (more, message) => logger.info({ ...fields, ...more }, message),
    warn: (more, message) => logger.warn({ ...fields, ...more }, message),
    error: (more, message) => logger.error({ ...fields, ...more }, message),
  };
}
