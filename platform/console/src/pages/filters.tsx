import { NativeSelect, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";

/** A filter of fixed choices; the first is "no filter". */
export function Choice(props: {
  label: string;
  any: string;
  value: string;
  choices: (string | { value: string; label: string })[];
  change: (value: string) => void;
}) {
  const known = props.choices.map((choice) => (typeof choice === "string" ? { value: choice, label: choice } : choice));
  const missing = props.value && !known.some((choice) => choice.value === props.value);
  return (
    <NativeSelect
      size="sm"
      aria-label={props.label}
      value={props.value}
      onChange={(event) => props.change(event.currentTarget.value)}
      data={[{ value: "", label: props.any }, ...known, ...(missing ? [{ value: props.value, label: props.value }] : [])]}
    />
  );
}

const TYPING_MS = 300;

/** A filter of free text, applied when the typing pauses. */
export function Words(props: { label: string; value: string; change: (value: string) => void; search?: boolean; width?: number }) {
  const [text, setText] = useState(props.value);
  const { value, change } = props;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => change(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
    // `change` is another function at each render; only the typing counts.
  }, [text, value]);
  return (
    <TextInput
      size="sm"
      type="search"
      aria-label={props.label}
      placeholder={props.search ? `${props.label}   /` : props.label}
      value={text}
      style={{ width: props.width ?? 150 }}
      data-search={props.search || undefined}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
    />
  );
}

export const PERIODS = [
  { value: "-15m", label: "15 minutes" },
  { value: "-1h", label: "1 hour" },
  { value: "-24h", label: "24 hours" },
  { value: "-7d", label: "7 days" },
];
