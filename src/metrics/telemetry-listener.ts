import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { isJsonObject } from "../base/json-object.ts";

/** Starts listening to a channel; returns how to stop. */
export type Listen = () => () => void;

/** Tell a record of this library by some of its texts: another copy of the package may publish others. */
export function recordWith<T extends object>(
  ...texts: readonly (keyof T & string)[]
): (message: unknown) => message is T {
  return (message): message is T =>
    isJsonObject(message) && texts.every((name) => typeof message[name] === "string");
}

/** Hand a channel's records to `onRecord`, once it is started. */
export function listenTo<T extends object>(
  channel: string,
  isRecord: (message: unknown) => message is T,
  onRecord: (record: T) => void,
): Listen {
  return () => {
    const onMessage = (message: unknown): void => {
      // What a subscriber throws ends the process: no measurement is worth that.
      try {
        if (isRecord(message)) onRecord(message);
      } catch {}
    };
    subscribe(channel, onMessage);
    return () => {
      unsubscribe(channel, onMessage);
    };
  };
}
