import { Button, NativeSelect } from "@mantine/core";
import type { Declared } from "../api/raml";
import css from "./Designer.module.css";
import type { EditFunction } from "./fields";

/** What a resource or a method applies: its traits, and of a resource its type. */
export function Applied(props: { declared: Declared; at: string[]; edit: EditFunction; typed?: boolean }) {
  const { declared, at, edit } = props;
  const here = declared.applied.find((one) => one.at.join() === at.join());
  const names = (kind: string) => declared.entries.filter((one) => one.kind === kind).map((one) => one.name);
  const traits = names("traits").filter((name) => !here?.is.includes(name));
  const types = names("resourceTypes");
  if (!here && traits.length === 0 && (types.length === 0 || !props.typed)) return null;
  const apply = (name: string) =>
    // The first makes the list; the others stay as they are written, with what is passed to them.
    edit([here && here.is.length > 0 ? { op: "put", at: [...at, "is", String(here.is.length)], value: name } : { op: "put", at: [...at, "is"], value: [name] }]);
  const known = here?.type && !types.includes(here.type) ? [here.type, ...types] : types;
  return (
    <fieldset className={css.group}>
      <legend>Applies</legend>
      {props.typed && known.length > 0 && (
        <NativeSelect
          size="xs"
          label="Resource type"
          value={here?.type ?? ""}
          data={[{ value: "", label: "none" }, ...known]}
          onChange={(event) => {
            const value = event.currentTarget.value;
            edit([value ? { op: "put", at: [...at, "type"], value } : { op: "remove", at: [...at, "type"] }]);
          }}
        />
      )}
      <div className="row">
        {(here?.is ?? []).map((name, index) => (
          <Button
            key={`${name} ${index}`}
            size="compact-xs"
            variant="light"
            aria-label={`Take the trait ${name} away`}
            onClick={() => edit([{ op: "remove", at: [...at, "is", ...(here?.is.length === 1 ? [] : [String(index)])] }])}
          >
            {name} ×
          </Button>
        ))}
        {traits.length > 0 && (
          <NativeSelect
            size="xs"
            aria-label="Apply a trait"
            value=""
            data={[{ value: "", label: "Apply a trait" }, ...traits]}
            onChange={(event) => event.currentTarget.value && apply(event.currentTarget.value)}
          />
        )}
      </div>
    </fieldset>
  );
}
