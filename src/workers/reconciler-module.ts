/** The registered symbol under which a reconciler says how to serve it in a thread. */
export const reconcilerKey = "kube-reflex.reconciler";
