import { Button, TextInput, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Rule } from "../api/types";
import { Empty, ErrorNotice, Panel } from "../shell/parts";
import { pairs, written } from "./pairs";
import { words } from "./words";

interface Draft {
  resource: string;
  methods: string;
  headers: string;
  query: string;
}

/** What is added to the calls of some resources; what a call itself sends wins. */
export function ConnectorRules({ rules, save }: { rules: Rule[]; save: (rules: Rule[]) => Promise<void> }) {
  const [drafts, setDrafts] = useState<Draft[]>(() => rules.map(draft));
  const [error, setError] = useState<Error>();
  const set = (at: number, part: Partial<Draft>) =>
    setDrafts((old) => old.map((one, index) => (index === at ? { ...one, ...part } : one)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    try {
      save(drafts.map(understood)).catch(setError);
    } catch (problem) {
      setError(problem as Error);
    }
  };
  return (
    <Panel
      title="Rules"
      tools={
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => setDrafts([...drafts, { resource: "", methods: "", headers: "", query: "" }])}
        >
          Add rule
        </Button>
      }
    >
      <form className="stack" onSubmit={submit}>
        {drafts.length === 0 && (
          <Empty title="No rules: calls go through as they are">
            A rule adds headers and query parameters to calls, such as a client's name or a default page size.
          </Empty>
        )}
        {drafts.map((one, at) => (
          <fieldset key={at} className="stack">
            <legend>Rule {at + 1}</legend>
            <div className="columns">
              <TextInput
                label="Resource"
                description="* for anything; empty for every resource."
                placeholder="/orders/*"
                value={one.resource}
                onChange={(event) => set(at, { resource: event.currentTarget.value })}
              />
              <TextInput
                label="Methods"
                description="Separated by commas; empty for all."
                placeholder="GET, POST"
                value={one.methods}
                onChange={(event) => set(at, { methods: event.currentTarget.value })}
              />
            </div>
            <div className="columns">
              <Textarea
                label="Headers"
                description="One a line, as Name: value."
                rows={3}
                spellCheck={false}
                value={one.headers}
                onChange={(event) => set(at, { headers: event.currentTarget.value })}
              />
              <Textarea
                label="Query parameters"
                description="One a line, as name: value."
                rows={3}
                spellCheck={false}
                value={one.query}
                onChange={(event) => set(at, { query: event.currentTarget.value })}
              />
            </div>
            <div>
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                aria-label={`Remove rule ${at + 1}`}
                onClick={() => setDrafts(drafts.filter((_, index) => index !== at))}
              >
                Remove
              </Button>
            </div>
          </fieldset>
        ))}
        <ErrorNotice error={error} />
        {(drafts.length > 0 || rules.length > 0) && (
          <div>
            <Button type="submit">Save rules</Button>
          </div>
        )}
      </form>
    </Panel>
  );
}

function draft(rule: Rule): Draft {
  return { resource: rule.resource, methods: rule.methods.join(", "), headers: written(rule.headers), query: written(rule.query) };
}

function understood(one: Draft): Rule {
  return {
    resource: one.resource.trim(),
    methods: words(one.methods).map((method) => method.toUpperCase()),
    headers: pairs(one.headers),
    query: pairs(one.query),
  };
}
