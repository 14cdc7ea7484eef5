import { Button, Checkbox, NativeSelect, TextInput, Textarea } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Edit, Parameter } from "../api/raml";
import css from "./Designer.module.css";

export type EditFunction = (edits: Edit[]) => void;

/** A text that is written into the definition when the field is left, or by Enter. */
export function Text(props: {
  label: string;
  value: string;
  save: (value: string) => void;
  long?: boolean;
  code?: boolean;
  hidden?: boolean;
}) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const leave = () => text !== props.value && props.save(text);
  const shared = {
    size: "xs" as const,
    value: text,
    onBlur: leave,
    ...(props.hidden ? { "aria-label": props.label } : { label: props.label }),
  };
  if (props.long) {
    return (
      <Textarea
        {...shared}
        autosize={false}
        rows={props.code ? 6 : 2}
        className={props.code ? (css.example ?? "") : ""}
        spellCheck={!props.code}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    );
  }
  return (
    <TextInput
      {...shared}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && leave()}
    />
  );
}

/** A name to be given; the button adds it. */
export function Adder(props: { label: string; placeholder: string; choices?: string[]; add: (name: string) => void }) {
  const [name, setName] = useState(props.choices?.[0] ?? "");
  const add = () => {
    if (!name.trim()) return;
    props.add(name.trim());
    if (!props.choices) setName("");
  };
  return (
    <div className="row">
      {props.choices ? (
        <NativeSelect
          size="xs"
          aria-label={props.label}
          data={props.choices}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      ) : (
        <TextInput
          size="xs"
          aria-label={props.label}
          placeholder={props.placeholder}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && add()}
        />
      )}
      <Button size="compact-xs" variant="default" onClick={add}>
        {props.label}
      </Button>
    </div>
  );
}

const TYPES = ["string", "integer", "number", "boolean", "date"];

/** The parameters of one place: path, query or headers. */
export function ParameterFields(props: { title: string; rows: Parameter[]; at: string[]; edit: EditFunction; fixed?: boolean }) {
  const { rows, at, edit } = props;
  if (rows.length === 0 && props.fixed) return null;
  return (
    <fieldset className={css.group}>
      <legend>{props.title}</legend>
      {rows.map((row) => {
        const put = (key: string, value: unknown) => edit([{ op: "put", at: [...at, row.name, key], value }]);
        return (
          <div className={css.line} key={row.name}>
            <Text label="Name" value={row.name} save={(to) => edit([{ op: "rename", at: [...at, row.name], to }])} />
            <NativeSelect
              size="xs"
              label="Type"
              aria-label={`Type of ${row.name}`}
              data={TYPES.includes(row.type) ? TYPES : [row.type, ...TYPES]}
              value={row.type}
              onChange={(event) => put("type", event.currentTarget.value)}
            />
            <Text label="Meaning" value={row.description} save={(value) => put("description", value)} />
            <Checkbox
              size="xs"
              label="required"
              checked={row.required}
              onChange={(event) => put("required", event.currentTarget.checked)}
            />
            {props.fixed ? (
              <span />
            ) : (
              <Button
                size="compact-xs"
                variant="subtle"
                color="red"
                aria-label={`Remove ${row.name}`}
                onClick={() => edit([{ op: "remove", at: [...at, row.name] }])}
              >
                ×
              </Button>
            )}
          </div>
        );
      })}
      {!props.fixed && (
        <Adder
          label={`Add to ${props.title.toLowerCase()}`}
          placeholder="name"
          add={(name) => edit([{ op: "put", at: [...at, name], value: { type: "string" } }])}
        />
      )}
    </fieldset>
  );
}
