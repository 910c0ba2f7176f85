export type { ExpireOptions } from "../apiserver/fan-out/fan-out.ts";
export type { Certificate } from "../apiserver/http/certificate.ts";
export type { RequestInfo } from "../apiserver/http/request-info.ts";
export type { RequestFilter, RequestLog, RequestLogEntry } from "../apiserver/http/request-log.ts";
export type { FailNext, FailWith } from "./faults.ts";
export type { ObjectOrKey } from "./objects.ts";
export type { TestApiServerOptions } from "./start-options.ts";
export { type ResourceFilter, TestApiServer } from "./test-api-server.ts";
