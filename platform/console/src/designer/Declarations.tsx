import { Button, Textarea } from "@mantine/core";
import { useEffect, useState } from "react";
import { send } from "../api/client";
import type { Checked, Declaration, Declared } from "../api/raml";
import type { Finding } from "../api/types";
import { Tag } from "../shell/parts";
import css from "./Designer.module.css";
import { Adder, Text, type EditFunction } from "./fields";
import { fragment, spliced } from "./fragment";

/** What a new one of a kind begins as. */
const KINDS = {
  traits: { title: "Traits", one: "trait", placeholder: "paged", value: { queryParameters: { limit: { type: "integer" } } } },
  resourceTypes: { title: "Resource types", one: "resource type", placeholder: "collection", value: { get: { description: "All" } } },
  schemas: { title: "Schemas", one: "schema", placeholder: "Event", value: '{\n  "type": "object",\n  "properties": {}\n}\n' },
  types: { title: "Types", one: "type", placeholder: "Event", value: { type: "object", properties: { id: "integer" } } },
} as const;
type Kind = keyof typeof KINDS;

interface Props {
  declared: Declared;
  ramlVersion: string;
  files: Record<string, string>;
  root: string;
  findings: Finding[];
  edit: EditFunction;
  /** Takes a file's new text over. */
  write: (file: string, text: string) => void;
  show: (file: string, line: number) => void;
}

/** Traits, resource types, schemas and types: each one's own lines as text, with what is wrong with them. */
export function Declarations(props: Props) {
  // RAML 0.8 has schemas, 1.0 has types; what the text has is shown all the same.
  const wanted: Kind[] = ["traits", "resourceTypes", props.ramlVersion === "1.0" ? "types" : "schemas"];
  const kinds = (Object.keys(KINDS) as Kind[]).filter(
    (kind) => wanted.includes(kind) || props.declared.entries.some((one) => one.kind === kind),
  );
  return kinds.map((kind) => <Section key={kind} kind={kind} {...props} />);
}

function Section({ kind, ...props }: Props & { kind: Kind }) {
  const { title, one, placeholder, value } = KINDS[kind];
  const entries = props.declared.entries.filter((entry) => entry.kind === kind);
  return (
    <details className={css.resource} data-testid={`designer-${kind}`}>
      <summary>
        {title} <span className="soft">({entries.length})</span>
      </summary>
      <div className={css.inside}>
        {entries.map((entry) => (
          <Entry key={`${entry.file} ${entry.name}`} entry={entry} kind={kind} {...props} />
        ))}
        <Adder label={`Add ${one}`} placeholder={placeholder} add={(name) => props.edit([{ op: "put", at: [kind, name], value }])} />
      </div>
    </details>
  );
}

function Entry({ entry, kind, ...props }: Props & { entry: Declaration; kind: Kind }) {
  const whole = props.files[entry.file] ?? "";
  const present = fragment(whole, entry);
  const [text, setText] = useState(present);
  const [unreadable, setUnreadable] = useState<Finding[]>([]);
  useEffect(() => {
    setText(present);
    setUnreadable([]);
  }, [present]);
  const leave = async () => {
    if (text === present) return setUnreadable([]);
    const changed = spliced(whole, entry, text);
    // What makes the file unreadable would take all forms away, so it stays here until it is right.
    const answer = await send<Checked>("POST", "/apis/raml", { files: { ...props.files, [entry.file]: changed }, root: props.root });
    if (answer.model) props.write(entry.file, changed);
    else setUnreadable(answer.errors);
  };
  const own = [...unreadable, ...props.findings].filter(
    (one) => (one.file ?? props.root) === entry.file && one.line != null && one.line >= entry.line && (one.line <= entry.lastLine || unreadable.includes(one)),
  );
  const at = [kind, entry.name];
  const ofRoot = entry.file === props.root;
  return (
    <details className={css.method} data-testid="designer-declaration">
      <summary>
        <code>{entry.name}</code>
        {!ofRoot && <span className="soft small">{entry.file}</span>}
        {own.length > 0 && <Tag tone={own.some((one) => one.severity !== "warning") ? "bad" : "warn"}>{own.length}</Tag>}
      </summary>
      <div className={css.inside}>
        {entry.alone ? (
          <>
            <Textarea
              label={`Text of ${entry.name}`}
              size="xs"
              rows={Math.min(18, Math.max(4, text.split("\n").length + 1))}
              className={css.example ?? ""}
              spellCheck={false}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              onBlur={() => void leave()}
            />
            <ul className={css.findings}>
              {own.map((one, index) => (
                <li key={index} className="small">
                  <Tag tone={one.severity === "warning" ? "warn" : "bad"}>
                    line {(one.line ?? 0) - entry.line + 1}
                    {one.column != null && `, column ${Math.max(1, one.column - entry.column)}`}
                  </Tag>{" "}
                  {one.message}
                </li>
              ))}
            </ul>
          </>
        ) : (
          <span className="soft small">It shares its line with others; change it in the source.</span>
        )}
        <div className="row">
          {ofRoot && (
            <Text label={`Name of ${entry.name}`} hidden value={entry.name} save={(to) => props.edit([{ op: "rename", at, to }])} />
          )}
          <span className="grow" />
          <Button size="compact-xs" variant="subtle" onClick={() => props.show(entry.file, entry.line)}>
            Show in the source
          </Button>
          {ofRoot && (
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              aria-label={`Remove ${entry.name}`}
              onClick={() => props.edit([{ op: "remove", at }])}
            >
              Remove
            </Button>
          )}
        </div>
      </div>
    </details>
  );
}
