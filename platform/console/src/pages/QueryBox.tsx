import { TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useAsked } from "../api/analytics";
import css from "./RequestsPage.module.css";

interface Fields {
  items: { field: string; operators: string[]; example: string }[];
}

/** One line for words and conditions; asked with Enter, completed by the fields the platform knows. */
export function QueryBox(props: { value: string; change: (value: string) => void; error: Error | undefined }) {
  const [text, setText] = useState(props.value);
  const [used, setUsed] = useState(false);
  const fields = useAsked<Fields>(used ? "/analytics/fields" : null);
  useEffect(() => setText(props.value), [props.value]);
  const before = text.replace(/\S*$/, "");
  return (
    <>
      <TextInput
        className={css.query ?? ""}
        type="search"
        aria-label="Query"
        placeholder="status>=500 duration>1s user:anna words   /"
        list="query-fields"
        autoComplete="off"
        spellCheck={false}
        data-search
        value={text}
        error={props.error?.message}
        onFocus={() => setUsed(true)}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={() => text !== props.value && props.change(text.trim())}
        onKeyDown={(event) => {
          if (event.key === "Enter") props.change(text.trim());
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <datalist id="query-fields">
        {(fields.data?.items ?? []).map((one) => (
          <option key={one.field} value={`${before}${one.field}${one.operators[0] ?? ":"}`}>
            {one.example}
          </option>
        ))}
      </datalist>
    </>
  );
}
