import { expect, it } from "vitest";
import { demoOptions } from "../../examples/demo/options.ts";

it("tells the embedded story without options", () => {
  expect(demoOptions([])).toEqual({ type: "embedded" });
});

it("follows pods of the kubeconfig's current context, or what is named beside it", () => {
  expect(demoOptions(["--kubeconfig", "k"])).toEqual({
    type: "follow",
    options: { kubeconfig: "k", resource: "pods" },
  });
  const all = ["--kubeconfig=k", "--context=c", "--resource=deployments", "--namespace=n"];
  expect(demoOptions(all)).toEqual({
    type: "follow",
    options: { kubeconfig: "k", context: "c", resource: "deployments", namespace: "n" },
  });
});

it.each([
  [["--context", "c"], "--context needs --kubeconfig FILE: without it the demo runs on its own server"],
  [["--resource", "pods"], "--resource needs --kubeconfig FILE"],
  [["--namespace", "n", "--resource", "pods"], "--resource and --namespace need --kubeconfig FILE"],
  [["--namespace", ""], "--namespace needs --kubeconfig FILE"],
  [["--kubeconfig", ""], "--kubeconfig needs the path of a file"],
  [["--kubeconfig"], "--kubeconfig"],
  [["--kubeconfig", "k", "--kontext", "c"], "--kontext"],
  [["kubeconfig"], "kubeconfig"],
])("refuses %o with one line that says why", (args, message) => {
  const made = demoOptions(args);
  expect(made).toEqual({ type: "refused", message: expect.stringContaining(message) });
  expect(made).not.toHaveProperty("message", expect.stringContaining("\n"));
});
