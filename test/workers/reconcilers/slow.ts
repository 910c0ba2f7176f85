/** Is never loaded to its end. */
await new Promise(() => setInterval(() => {}, 1000));
export default (): void => {};
