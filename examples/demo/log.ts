import type { ReflectorProgress } from "kube-reflex";

const began = Date.now();

/** Print one line: when, what, which object, why. */
export function line(sign: string, what: string, text: string): void {
  const seconds = ((Date.now() - began) / 1000).toFixed(2).padStart(6);
  console.log(`${seconds}s  ${sign} ${what.padEnd(9)} ${text}`);
}

/** Print what the reflector does about its stream, in words. */
export function logProgress(progress: ReflectorProgress): void {
  switch (progress.type) {
    case "list-started": {
      const how = progress.isStreaming ? "streaming list" : "paged list";
      const why =
        progress.reason === "expired"
          ? "410: the history since our last state is gone, so the whole state is read again"
          : progress.reason;
      line("⇣", "list", `${how} (${why})`);
      break;
    }
    case "listed":
      line("=", "listed", `${progress.items} objects at resourceVersion ${progress.resourceVersion}`);
      break;
    case "streaming-unsupported":
      line("!", "fallback", `no streaming lists here: ${progress.why}`);
      break;
    case "watch-started":
      line(
        "→",
        "watch",
        `from resourceVersion ${progress.resourceVersion}, nothing before it is asked for again`,
      );
      break;
    case "watch-ended":
      line("✂", "ended", `the watch, after ${progress.events} events`);
      break;
    case "error":
      line("!", "error", progress.error.message);
      break;
    case "waiting":
      line("…", "back off", `${Math.round(progress.delayMs)} ms before attempt ${progress.attempt + 1}`);
      break;
    default:
      break;
  }
}
