import type { TransportResponse } from "../../transport/port.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import { successAnswer } from "./answer.ts";
import { bind } from "./binding.ts";
import { evict } from "./eviction.ts";
import { checkJsonBody, negotiate } from "./media-types.ts";
import { logAnswer } from "./pod-log.ts";
import { type PodStreamRequest, streamAnswer } from "./pod-stream.ts";

/** What a verb on a pod's subresource gets of a request. */
export interface PodVerbRequest extends PodStreamRequest {
  readonly body: string;
}

/** Carry out what is asked of one pod; throws what its Status shall be made from. */
export async function carryOutOnPod(request: PodVerbRequest, kubelet: Kubelet): Promise<TransportResponse> {
  const { route, params, headers, body, signal } = request;
  switch (route.subresource) {
    case "eviction":
    case "binding":
      negotiate(headers.accept);
      checkJsonBody(headers["content-type"]);
      if (route.subresource === "eviction") evict(route, params, body);
      else bind(route, params, body);
      return successAnswer(201);
    case "log":
      // Refuses `text/plain` alone, which is what comes, as kube-apiserver does.
      negotiate(headers.accept);
      return logAnswer(route, params, kubelet, signal);
    default:
      return streamAnswer(request, kubelet);
  }
}
