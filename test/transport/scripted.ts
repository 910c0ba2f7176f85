import type { Transport, TransportRequest, TransportResponse } from "../../src/transport/port.ts";

/** What a scripted transport does with its next request. */
export type Step =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | Error;

/** A transport that plays steps, the last one for ever, and remembers what it was sent. */
export function scripted(...steps: readonly Step[]): Transport & { readonly sent: TransportRequest[] } {
  const sent: TransportRequest[] = [];
  const transport = async (request: TransportRequest): Promise<TransportResponse> => {
    const step = steps[Math.min(sent.length, steps.length - 1)];
    sent.push(request);
    if (step === undefined) throw new Error("no step");
    if (step instanceof Error) throw step;
    return { status: step.status, headers: step.headers ?? {}, body: bodyOf(step.body ?? "") };
  };
  return Object.assign(transport, { sent });
}

async function* bodyOf(text: string): AsyncGenerator<Uint8Array, void, void> {
  if (text !== "") yield Buffer.from(text);
}
