/** Has no default export. */
export const reconcile = (): void => {};
