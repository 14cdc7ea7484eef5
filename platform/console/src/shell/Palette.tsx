import { Modal, TextInput } from "@mantine/core";
import { useEffect, useState, type KeyboardEvent } from "react";
import { useLocation } from "wouter";
import type { Api, Backend, Connector, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import css from "./Palette.module.css";
import { PLACES } from "./places";
import { useSession } from "./session";

interface Entry {
  name: string;
  kind: string;
  to: string;
}

/** Ctrl+K: goes to a page, a backend, an API, a connector or a request by a few letters. */
export function Palette() {
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpened((old) => !old);
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return (
    <Modal opened={opened} onClose={() => setOpened(false)} title="Go to" lockScroll={false} size="lg">
      {opened && <Finder close={() => setOpened(false)} />}
    </Modal>
  );
}

function Finder({ close }: { close: () => void }) {
  const [text, setText] = useState("");
  const [place, setPlace] = useState(0);
  const [, go] = useLocation();
  const entries = useEntries(text.trim());
  const chosen = Math.min(place, entries.length - 1);
  const open = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    go(entry.to);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") open(entries[chosen]);
    else if (event.key === "ArrowDown") setPlace(Math.min(chosen + 1, entries.length - 1));
    else if (event.key === "ArrowUp") setPlace(Math.max(0, chosen - 1));
    else return;
    event.preventDefault();
  };
  return (
    <div className="stack">
      <TextInput
        data-autofocus
        aria-label="Page, backend, API or ECID"
        placeholder="A page, a backend, an API, an ECID"
        role="combobox"
        aria-expanded
        aria-controls="found"
        aria-activedescendant={entries.length > 0 ? `found-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setPlace(0);
        }}
        onKeyDown={press}
      />
      <div id="found" role="listbox" aria-label="Found" className={css.list}>
        {entries.map((entry, index) => (
          <div
            key={entry.to}
            id={`found-${index}`}
            role="option"
            aria-selected={index === chosen}
            className={`${css.entry} ${index === chosen ? css.chosen : ""}`}
            onClick={() => open(entry)}
          >
            <span>{entry.name}</span>
            <span className="soft small">{entry.kind}</span>
          </div>
        ))}
      </div>
      {entries.length === 0 && <div className="soft">Nothing of that name.</div>}
    </div>
  );
}

function useEntries(text: string): Entry[] {
  const { may } = useSession();
  const wanted = text === "" ? null : { text, limit: 8 };
  const backends = useLoaded<Page<Backend>>(wanted && "/mobilebackends", wanted ?? {});
  const apis = useLoaded<Page<Api>>(wanted && "/apis", wanted ?? {});
  const connectors = useLoaded<Page<Connector>>(wanted && may("developer") ? "/connectors" : null, wanted ?? {});
  const pages = PLACES.filter((one) => may(one.role ?? "analyst") && one.name.toLowerCase().includes(text.toLowerCase()));
  return [
    ...pages.map((one) => ({ name: one.name, kind: "page", to: one.to })),
    ...(backends.data?.items ?? []).map((one) => ({
      name: `${one.name} ${one.version}`,
      kind: "backend",
      to: `/backends/${one.id}`,
    })),
    ...(apis.data?.items ?? []).map((one) => ({ name: `${one.name} ${one.version}`, kind: "API", to: `/apis/${one.id}` })),
    ...(connectors.data?.items ?? []).map((one) => ({
      name: `${one.name} ${one.version}`,
      kind: "connector",
      to: `/connectors/${one.id}`,
    })),
    ...(/^[\w.-]{16,64}$/.test(text) ? [{ name: text, kind: "request", to: `/requests?open=${encodeURIComponent(text)}` }] : []),
  ];
}
