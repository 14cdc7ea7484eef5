import type { Call } from "../api/types";

/** Who called, by name; an anonymous caller's name is only the key's own and says nothing. */
export function caller(call: Call): string | null {
  return call.callerKind === "anonymous" ? null : call.user;
}
