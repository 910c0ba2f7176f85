import type { Credential } from "./credential.ts";
import { drain } from "./drain.ts";
import type { Interceptor, TransportRequest } from "./port.ts";

function authorized(request: TransportRequest, value: string | undefined): TransportRequest {
  if (value === undefined) return request;
  return { ...request, headers: { ...request.headers, authorization: value } };
}

/**
 * Add the Authorization header, and renew the credential when the server refuses it (P33).
 *
 * A header that the request has already is never overwritten (H28). On 401 the
 * credential is renewed once, and the request repeated once if that gave
 * another one; the second answer counts.
 */
export function credentials(credential: Credential): Interceptor {
  return (next) => async (request) => {
    if (request.headers.authorization !== undefined) return next(request);
    const value = await credential.authorization();
    const response = await next(authorized(request, value));
    if (response.status !== 401) return response;
    const renewed = await credential.renewed(value);
    if (renewed === value) return response;
    await drain(response);
    return next(authorized(request, renewed));
  };
}
