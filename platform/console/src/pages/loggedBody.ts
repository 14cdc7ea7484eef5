import type { LogLine } from "../api/types";

const START = "request body: ";

export interface LoggedBody {
  text: string;
  /** Whether the log has only its beginning (CCC_LogBodyMaxLength), or a secret of it masked. */
  cut: boolean;
}

/** The body of a call, where the policy CCC_LogBody had it logged; *sent* is how many bytes the call brought. */
export function loggedBody(messages: LogLine[], sent: number): LoggedBody | null {
  const line = messages.find((one) => one.logger === "body" && one.message.startsWith(START));
  if (!line) return null;
  const text = line.message.slice(START.length);
  return { text, cut: new TextEncoder().encode(text).length !== sent };
}
