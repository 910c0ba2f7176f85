/** What a thread loads of the library where its module does not bring it. */
import { serve as own } from "./serve.ts";

export const serve: (reconcile: unknown, data: never) => void = own;
