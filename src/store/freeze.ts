function isFreezable(value: unknown): value is object {
  // A view on bytes cannot be frozen; the engine refuses it.
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
}

/**
 * Freeze an object and everything it holds; returns the same object.
 *
 * For objects that many share: a write to one then throws at the place of the
 * mistake. It costs about as much as parsing the object did.
 */
export function deepFreeze<V>(value: V): V {
  const open: unknown[] = [value];
  // Only what came frozen already needs remembering: that ends cycles, and what lies below is still reached.
  let seen: Set<object> | undefined;
  while (open.length > 0) {
    const next = open.pop();
    if (!isFreezable(next)) continue;
    if (Object.isFrozen(next)) {
      seen ??= new Set();
      if (seen.has(next)) continue;
      seen.add(next);
    } else {
      Object.freeze(next);
    }
    for (const child of Object.values(next)) {
      if (typeof child === "object" && child !== null) open.push(child);
    }
  }
  return value;
}
