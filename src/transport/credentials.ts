import type { Credential } from "./credential.ts";
import { drain } from "./drain.ts";
import type { Interceptor, Transport, TransportRequest, TransportResponse } from "./port.ts";
import { redactedAnswer, redactedError } from "./redacted-answer.ts";

function authorized(request: TransportRequest, value: string | undefined): TransportRequest {
  if (value === undefined) return request;
  return { ...request, headers: { ...request.headers, authorization: value } };
}

/** Send a request, and let nothing of its Authorization header out again. */
async function sent(next: Transport, request: TransportRequest): Promise<TransportResponse> {
  const { authorization } = request.headers;
  try {
    return redactedAnswer(await next(request), authorization);
  } catch (error) {
    throw redactedError(error, authorization);
  }
}

/**
 * Add the Authorization header, and renew the credential when the server refuses it (P33).
 *
 * A header that the request has already is never overwritten (H28). On 401 the
 * credential is renewed once, and the request repeated once if that gave
 * another one; the second answer counts. A failing answer that repeats the
 * credential says `[credential]` in its place, whoever's it is.
 */
export function credentials(credential: Credential): Interceptor {
  return (next) => async (request) => {
    if (request.headers.authorization !== undefined) return sent(next, request);
    const { signal } = request;
    const value = await credential.authorization(signal);
    const certificate = credential.clientCertificate?.();
    const generation = credential.generation?.();
    const response = await sent(next, authorized(request, value));
    if (response.status !== 401) return response;
    let renewed: string | undefined;
    try {
      renewed = await credential.renewed(value, certificate, signal, generation);
    } catch (error) {
      await drain(response);
      throw error;
    }
    if (renewed === value && credential.clientCertificate?.() === certificate) return response;
    await drain(response);
    return sent(next, authorized(request, renewed));
  };
}
