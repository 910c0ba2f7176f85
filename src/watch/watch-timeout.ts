/** The least that a watch asks the server for, in seconds; client-go's default. */
const leastSeconds = 300;

/**
 * Choose when the server is to end a watch: whole seconds, uniform in [min, 2·min] (R21).
 *
 * Call it anew for each request, so that the watches of many clients do not all
 * end together. A minimum below 300 s is not taken: 300 s is used instead.
 */
export function watchTimeoutSeconds(minSeconds: number = leastSeconds): number {
  const min = Math.max(minSeconds, leastSeconds);
  return Math.floor(min * (1 + Math.random()));
}
