/** See every request that a program makes: an interceptor wraps whatever carries them. */
import { Cluster, type ConnectOptions, type Interceptor } from "kube-reflex";

/** Connect, and tell `log` of each request and its answer. */
export function connectLogged(options: ConnectOptions, log: (line: string) => void): Promise<Cluster> {
  const logged: Interceptor = (next) => async (request) => {
    const response = await next(request);
    log(`${request.method} ${request.path} ${response.status}`);
    return response;
  };
  return Cluster.connect({ ...options, interceptors: [logged] });
}
