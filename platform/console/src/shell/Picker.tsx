import { TextInput } from "@mantine/core";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { count } from "../api/format";
import type { Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import css from "./Picker.module.css";

const TYPING_MS = 250;
const SHOWN = 20;

interface Option {
  value: string;
  label: string;
}

/**
 * One of a list that may be too long to show: a box that asks the server for what was typed.
 * `value` is what is chosen, as it is to be read; `any` is the choice of nothing.
 */
export function Picker<T>(props: {
  label: string;
  value: string;
  path: string;
  query?: Record<string, string>;
  option: (item: T) => Option;
  change: (value: string, item: T | null) => void;
  any?: string;
  size?: "xs" | "sm";
  /** Shows the label above the box. */
  titled?: boolean;
  width?: number;
}) {
  const id = useId();
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const [place, setPlace] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useLoaded<Page<T>>(opened ? props.path : null, { ...props.query, text: asked, limit: SHOWN });
  const items = found.data?.items ?? [];
  const options: { option: Option; item: T | null }[] = [
    ...(props.any !== undefined && asked === "" ? [{ option: { value: "", label: props.any }, item: null }] : []),
    // Versions of one name are one choice where only the name counts.
    ...items.map((item) => ({ option: props.option(item), item })).filter(isFirst),
  ];
  const active = Math.min(place, options.length - 1);
  useEffect(() => {
    list.current?.querySelector(`[data-place="${active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const close = () => {
    setOpened(false);
    setText("");
    setAsked("");
    setPlace(0);
  };
  const choose = (one: { option: Option; item: T | null } | undefined) => {
    if (!one) return;
    close();
    props.change(one.option.value, one.item);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!opened) setOpened(true);
      else setPlace(Math.max(0, Math.min(options.length - 1, active + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && opened) choose(options[active]);
    else if (event.key === "Escape" && opened) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const more = (found.data?.totalResults ?? 0) - items.length;
  return (
    <div className={css.picker} style={props.width ? { width: props.width } : undefined}>
      <TextInput
        size={props.size ?? "sm"}
        {...(props.titled ? { label: props.label } : { "aria-label": props.label })}
        role="combobox"
        autoComplete="off"
        aria-expanded={opened}
        aria-controls={opened ? id : undefined}
        aria-activedescendant={opened && active >= 0 ? `${id}-${active}` : undefined}
        placeholder={opened ? props.value || "Type to search" : (props.any ?? "Choose")}
        value={opened ? text : props.value}
        onFocus={() => setOpened(true)}
        onClick={() => setOpened(true)}
        onBlur={close}
        onChange={(event) => {
          setOpened(true);
          setText(event.currentTarget.value);
          setPlace(0);
        }}
        onKeyDown={press}
      />
      {opened && (
        <div className={css.list}>
          <div id={id} role="listbox" aria-label={props.label} ref={list}>
            {options.map((one, index) => (
              <div
                key={one.option.value}
                id={`${id}-${index}`}
                data-place={index}
                role="option"
                aria-selected={index === active}
                className={`${css.option} ${index === active ? css.active : ""}`}
                // The box keeps the focus; leaving it would close the list before the click arrives.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(one)}
              >
                {one.option.label}
              </div>
            ))}
          </div>
          {options.length === 0 && <div className={css.more}>{found.loading ? "Looking …" : "Nothing of that name"}</div>}
          {found.error && <div className={css.more}>{found.error.message}</div>}
          {more > 0 && <div className={css.more}>{count(more)} more: type to search</div>}
        </div>
      )}
    </div>
  );
}

function isFirst(one: { option: Option }, index: number, all: { option: Option }[]): boolean {
  return all.findIndex((other) => other.option.value === one.option.value) === index;
}
