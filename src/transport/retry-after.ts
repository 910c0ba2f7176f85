/**
 * Read a Retry-After header, in seconds or as an HTTP date, as milliseconds from now (H4).
 *
 * `undefined` where there is none or it cannot be read; a date that has passed is 0.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const value = headers["retry-after"]?.trim();
  if (value === undefined || value === "") return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // Only dates have letters: Date.parse would also take "-5" or "1.5" for a year.
  if (!/^[A-Za-z]/.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
